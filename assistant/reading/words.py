"""Closed word classes of English that the lexical reader goes by. No goods, no brands: those are the shop's own."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


COLORS = _set("""
    black white grey gray silver gold golden red burgundy maroon crimson scarlet pink rose fuchsia magenta coral
    orange rust terracotta peach yellow mustard lemon green olive khaki sage mint emerald lime teal turquoise aqua
    cyan blue navy indigo cobalt purple violet lilac lavender plum brown tan beige cream ivory nude taupe camel
    chocolate bronze copper brass charcoal anthracite multicolor multicolored multicolour rainbow neon pastel
    transparent clear
""")
MATERIALS = _set("""
    leather suede cotton wool woollen woolen merino cashmere linen silk satin velvet denim canvas nylon polyester
    fleece fur faux mesh lace bamboo hemp jute wood wooden oak pine walnut mahogany teak plywood metal steel
    stainless aluminium aluminum iron titanium carbon platinum sterling ceramic porcelain glass crystal plastic
    acrylic silicone rubber latex foam memory-foam cork marble granite stone concrete rattan wicker paper cardboard
    spandex lycra viscose corduroy tweed flannel microfiber microfibre vinyl
""")
AUDIENCES = _set("""
    men mens man women womens woman ladies lady kids kid children childrens child boys boy girls girl toddler
    toddlers baby babies infant infants teen teens teenager unisex adult adults junior senior seniors
""")
SIZES = _set("""
    small medium large xl xxl xs xxs s m l big mini compact tiny oversized petite tall wide narrow slim king
    kingsize queen double single twin full-size half-size
""")
MODIFIERS = (
    COLORS
    | MATERIALS
    | AUDIENCES
    | SIZES
    | _set("""
    wireless wired cordless bluetooth usb digital analog automatic manual electric rechargeable solar portable
    lightweight light heavy soft hard warm cool quiet silent loud fast slow cheap organic vegan natural eco-friendly
    sustainable handmade vintage retro modern classic new used refurbished second-hand plain striped patterned
    floral polarised polarized insulated padded thick thin long short round square oval flat curved smart decaf dry
    durable sturdy comfortable comfy winter summer spring autumn outdoor indoor casual formal
""")
)
MODIFIER_ENDINGS = (
    "able",
    "ible",
    "less",
    "proof",
    "free",
    "resistant",
    "friendly",
    "less",
    "sized",
    "sleeved",
    "inflating",
)
MODIFIER_BEGINNINGS = ("non-", "anti-", "self-", "extra-", "ultra", "all-")

UNITS = _set("""
    inch inches " in ft foot feet cm mm m metre metres meter meters km mile miles yard yards kg kgs kilo kilos g
    gram grams mg lb lbs pound-weight oz ounce ounces stone l litre litres liter liters ml cl gallon gallons quart
    quarts qt pint pints cup cups w watt watts kw wh kwh v volt volts amp amps mah gb tb mb giga gigs gig mp
    megapixel megapixels hz khz ghz hour hours hr hrs h minute minutes min mins second seconds sec secs day days
    week weeks month months year years yr yrs yo person people man men seater seat seats player players piece pieces
    pc pcs pack packs count ct carat carats karat k-gold tog togs denier gsm thread tpi rpm dpi lumen lumens psi atm
    degree degrees celsius fahrenheit % percent color colors usb pin hp bhp btu grit cc liter-size speed speeds gear
    gears drawer drawers door doors shelf shelves burner burners port ports slot slots blade blades ply tier tiers
    shot way in-1 page pages sheet sheets string strings key keys channel channels wheels wheel bulbs led cores core
    fps mbps calories kcal x point points step steps layer layers fold panel panels light lights bedroom x-zoom zoom
    star stars
""")
CONTAINERS = _set("""
    packs boxes bags bottles tins jars cans cartons rolls tubs tubes sachets units copies sets cases crates bars
    pots bunches sticks sheets balls skeins lengths reams pairs lots strips box
    bag bottle tin jar can carton roll tub tube unit copy
""")
KIN = _set("""
    dad mum mom mother father mam papa mama brother sister son daughter wife husband partner boyfriend girlfriend bf
    gf fiance fiancee gran grandma grandad grandpa granddad nan nana nephew niece uncle aunt auntie cousin friend
    friends mate mates boss colleague colleagues coworker teacher neighbour neighbor family parents grandparents guy
    girlfriends inlaws missus hubby bestie roommate flatmate himself herself myself someone somebody
""")

FILLERS = _set("""
    a an the some any this that these those there here it its them they he she him her his hers we us our i im ive
    id ill me my mine you your yours youre youve who whom which what whats how where when why so then than too also
    well just only really very quite pretty rather bit little lot lots kind kinda sort sorta type please thanks
    thank cheers hi hey hello ok okay k alright right yeah yes yep yup sure no nope nah oh ah um uh er hmm lol haha
    tbh btw omg fyi imo pls like maybe perhaps ideally preferably possibly probably basically actually honestly
    literally obviously anyway though but and or plus to be is are was were am been being do does did done doing
    have has had having can could will would shall should may might must need needs needed want wants wanted wanting
    get gets getting got give gives find finds finding look looking looks search searching show shows see seeing
    shop shopping buy buying purchase order send go going gone come comes coming make makes making take takes taking
    let lets try trying help use using used think thinking know keep put something anything everything nothing one
    ones thing things stuff item items product products option options available stock sell sells selling carry
    offer offers hoping hope after wondering wonder interested love loves prefer prefers nice good great decent
    proper best better lovely cool perfect more most less much many another other else again back now today still
    yet already while as at if of on off in into with for from by about up down out over between per each every both
    all either mind fine nicer cute ideas idea recommend recommendation recommendations suggest suggestion
    suggestions budget price priced prices cost costs dollars money range spend afford willing fits around under
    brand brands sir madam guys folks same fair enough add adding added thats theres worth wait hang sorry because
    since until long few several couple gonna wanna dear especially definitely certainly exactly absolutely second
    thoughts instead even ever once twice happens gift-wrapped next
""")
STORY_SUBJECTS = _set("""
    i im ive ill id we were weve well he hes she shes they theyre theyll theyve it itll his her their theirs
""")
PADDING = _set("nonsense rubbish crap stuff thing things please whatsoever all at either malarkey business thanks kind type")
EDGE_WORDS = _set("a an the of on in at to for with and or by from that which is are be it its as than")

LIKES = _set("""
    love loving lovely gorgeous beautiful cute perfect amazing awesome great nice brilliant fab fabulous stunning
    wicked divine sick adorable superb excellent fantastic cool sweet pretty dreamy fancy smart neat wonderful lush
    ace stylish good comfy sleek handsome
""")
DISLIKES = _set("""
    hate hating ugly vile naff horrible awful hideous terrible rubbish tacky gross disgusting nasty meh boring ew
    eww yuck yikes bland crap tat ghastly dull cheap-looking dreadful garbage trash lame grim horrid ropey dodgy
    frumpy garish
""")
LIKE_SIGNS = "👍😍❤🥰💕💖😻🤩💯"
DISLIKE_SIGNS = "👎🤮🤢😒💩"
