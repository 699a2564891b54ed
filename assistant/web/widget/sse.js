// Reads server-sent events: bytes in, {id, name, data} out, as they come.

function eventOf(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) || [];
    if (name) fields[name] = value;
  }
  return fields.data === undefined ? null : { id: fields.id, name: fields.event, data: JSON.parse(fields.data) };
}

// `read()` gives {value, done} like a reader of a stream of bytes. A line that is only a sign of life gives no event.
export async function* eventsOf(read) {
  const decoder = new TextDecoder();
  let rest = '';
  for (let piece = await read(); !piece.done; piece = await read()) {
    const blocks = (rest + decoder.decode(piece.value, { stream: true })).split('\n\n');
    rest = blocks.pop();
    yield* blocks.map(eventOf).filter(Boolean);
  }
}
