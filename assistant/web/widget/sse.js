// Reads server-sent events: bytes in, {id, name, data} out, as they come.

const END_OF_LINE = /\r\n|\n|\r(?!$)/; // a \r that comes last may be the first half of one
const FIELD = /^(id|event|data)(?:: ?(.*))?$/s;

// What an empty line ends; `data` is JSON. Null where there is none, as after a line that is only a sign of life.
function eventOf({ id, event, data = [] }) {
  const written = data.join('\n');
  return written ? { id, name: event, data: JSON.parse(written) } : null;
}

// `read()` gives {value, done} like a reader of a stream of bytes. What is cut off before its end gives no event.
export async function* eventsOf(read) {
  const decoder = new TextDecoder();
  let rest = '';
  let fields = {};
  for (let piece = await read(); !piece.done; piece = await read()) {
    const lines = (rest + decoder.decode(piece.value, { stream: true })).split(END_OF_LINE);
    rest = lines.pop();
    for (const line of lines) {
      const [, name, value = ''] = FIELD.exec(line) ?? [];
      if (name === 'data') (fields.data ??= []).push(value);
      else if (name) fields[name] = value;
      if (line) continue;
      const event = eventOf(fields);
      fields = {};
      if (event) yield event;
    }
  }
}
