"""Tables for English: what is written short and spoken long."""

# ruff: noqa: SIM905
from __future__ import annotations

ABBREVIATIONS = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "approx.": "approximately",
    "cf.": "compare", "et al.": "and others", "viz.": "namely", "ca.": "circa", "w.r.t.": "with respect to",
    "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Dr.": "Doctor", "Prof.": "Professor", "Jr.": "Junior",
    "Sr.": "Senior", "dept.": "department", "Inc.": "Incorporated", "Ltd.": "Limited", "Co.": "Company",
    "vol.": "volume", "ed.": "edition", "a.k.a.": "also known as", "aka": "also known as", "w/o": "without",
    "b/c": "because", "Ph.D.": "P H D", "Gov.": "Governor", "Sen.": "Senator", "Gen.": "General", "Capt.": "Captain",
    "Lt.": "Lieutenant", "Sgt.": "Sergeant", "Rev.": "Reverend", "max.": "maximum", "min.": "minimum",
    "incl.": "including", "excl.": "excluding", "resp.": "respectively", "est.": "established", "c.f.": "compare",
    "c/o": "care of", "appt.": "appointment", "p.a.": "per annum", "temp.": "temperature", "ea.": "each",
    "misc.": "miscellaneous", "b/w": "between", "Dept.": "Department",
    "Univ.": "University", "b.i.d.": "twice a day", "t.i.d.": "three times a day", "q.i.d.": "four times a day",
    "Blvd.": "Boulevard",
}  # fmt: skip
BEFORE_NUMBER = {
    "no.": "number", "nos.": "numbers", "fig.": "figure", "figs.": "figures", "eq.": "equation", "eqs.": "equations",
    "ch.": "chapter", "chap.": "chapter", "sec.": "section", "sect.": "section", "p.": "page", "pp.": "pages",
    "vol.": "volume", "rm.": "room", "vols.": "volumes", "op.": "opus", "ll.": "lines", "pt.": "part",
    "art.": "article", "ex.": "example", "tab.": "table", "para.": "paragraph", "§": "section", "ext.": "extension",
}  # fmt: skip

# Unit -> one, many. Only after a number. What is a word of its own (in, a, at) is not here.
UNITS = {
    "km": ("kilometer", "kilometers"), "m": ("meter", "meters"), "dm": ("decimeter", "decimeters"),
    "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"), "μm": ("micrometer", "micrometers"),
    "nm": ("nanometer", "nanometers"), "mi": ("mile", "miles"), "ft": ("foot", "feet"), "yd": ("yard", "yards"),
    "km^2": ("square kilometer", "square kilometers"), "m^2": ("square meter", "square meters"),
    "cm^2": ("square centimeter", "square centimeters"), "m^3": ("cubic meter", "cubic meters"),
    "cm^3": ("cubic centimeter", "cubic centimeters"), "m2": ("square meter", "square meters"),
    "km2": ("square kilometer", "square kilometers"),
    "cm2": ("square centimeter", "square centimeters"), "m3": ("cubic meter", "cubic meters"),
    "cm3": ("cubic centimeter", "cubic centimeters"), "ha": ("hectare", "hectares"),
    "sq mi": ("square mile", "square miles"), "sq m": ("square meter", "square meters"),
    "tsp": ("teaspoon", "teaspoons"), "tbsp": ("tablespoon", "tablespoons"), "in^2": ("square inch", "square inches"),
    "ft^2": ("square foot", "square feet"), "cm/s": ("centimeter per second", "centimeters per second"),
    "km/s": ("kilometer per second", "kilometers per second"), "L/min": ("liter per minute", "liters per minute"),
    "kg/m^3": ("kilogram per cubic meter", "kilograms per cubic meter"),
    "ppm": ("part per million", "parts per million"),
    "g/cm^3": ("gram per cubic centimeter", "grams per cubic centimeter"),
    "mmHg": ("millimeter of mercury", "millimeters of mercury"),
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    "μg": ("microgram", "micrograms"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "L": ("liter", "liters"), "l": ("liter", "liters"), "mL": ("milliliter", "milliliters"),
    "ml": ("milliliter", "milliliters"), "s": ("second", "seconds"), "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"), "μs": ("microsecond", "microseconds"), "ns": ("nanosecond", "nanoseconds"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "h": ("hour", "hours"), "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"), "yr": ("year", "years"), "yrs": ("year", "years"), "wk": ("week", "weeks"),
    "wks": ("week", "weeks"), "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"),
    "KB": ("kilobyte", "kilobytes"), "kB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "PB": ("petabyte", "petabytes"),
    "KiB": ("kibibyte", "kibibytes"), "MiB": ("mebibyte", "mebibytes"), "GiB": ("gibibyte", "gibibytes"),
    "kbps": ("kilobit per second", "kilobits per second"), "kbit/s": ("kilobit per second", "kilobits per second"),
    "bps": ("bit per second", "bits per second"),
    "Mbps": ("megabit per second", "megabits per second"), "Mbit/s": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"), "MB/s": ("megabyte per second", "megabytes per second"),
    "GB/s": ("gigabyte per second", "gigabytes per second"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"), "GW": ("gigawatt", "gigawatts"), "kWh": ("kilowatt hour", "kilowatt hours"),
    "Wh": ("watt hour", "watt hours"), "V": ("volt", "volts"), "mV": ("millivolt", "millivolts"),
    "kV": ("kilovolt", "kilovolts"),
    "kΩ": ("kilohm", "kilohms"), "MΩ": ("megohm", "megohms"), "μA": ("microampere", "microamperes"),
    "μF": ("microfarad", "microfarads"), "nF": ("nanofarad", "nanofarads"), "pF": ("picofarad", "picofarads"),
    "μL": ("microliter", "microliters"), "kN": ("kilonewton", "kilonewtons"), "mmol": ("millimole", "millimoles"),
    "Mt": ("megatonne", "megatonnes"), "Gt": ("gigatonne", "gigatonnes"),
    "bpm": ("beat per minute", "beats per minute"),
    "mo": ("month", "months"), "N·m": ("newton meter", "newton meters"), "J·s": ("joule second", "joule seconds"),
    "Pa·s": ("pascal second", "pascal seconds"), "g/mol": ("gram per mole", "grams per mole"),
    "kJ/mol": ("kilojoule per mole", "kilojoules per mole"), "mol·L^-1": ("mole per liter", "moles per liter"),
    "mol/dm^3": ("mole per cubic decimeter", "moles per cubic decimeter"),
    "mol dm^-3": ("mole per cubic decimeter", "moles per cubic decimeter"),
    "m·s^-1": ("meter per second", "meters per second"),
    "m·s^-2": ("meter per second squared", "meters per second squared"),
    "dpi": ("dot per inch", "dots per inch"), "TB/s": ("terabyte per second", "terabytes per second"),
    "mA": ("milliampere", "milliamperes"), "mAh": ("milliampere hour", "milliampere hours"), "Ω": ("ohm", "ohms"),
    "J": ("joule", "joules"), "kJ": ("kilojoule", "kilojoules"), "cal": ("calorie", "calories"),
    "kcal": ("kilocalorie", "kilocalories"), "N": ("newton", "newtons"), "Pa": ("pascal", "pascals"),
    "hPa": ("hectopascal", "hectopascals"), "kPa": ("kilopascal", "kilopascals"), "dB": ("decibel", "decibels"),
    "eV": ("electronvolt", "electronvolts"), "lm": ("lumen", "lumens"),
    "sq ft": ("square foot", "square feet"), "psi": ("P S I", "P S I"), "gal": ("gallon", "gallons"),
    "km/h": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("meter per second", "meters per second"),
    "m/s^2": ("meter per second squared", "meters per second squared"), "rpm": ("R P M", "R P M"),
    "g/L": ("gram per liter", "grams per liter"), "mg/L": ("milligram per liter", "milligrams per liter"),
    "mol": ("mole", "moles"), "px": ("pixel", "pixels"), "fps": ("frame per second", "frames per second"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"), "%": ("percent", "percent"), "‰": ("per mille", "per mille"),
}  # fmt: skip
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"), "US$": ("U.S. dollar", "U.S. dollars", "cent", "cents"),
    "HK$": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"), "R$": ("real", "reais", "centavo", "centavos"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "NT$": ("Taiwan dollar", "Taiwan dollars", "", ""),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"), "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""), "₩": ("won", "won", "", ""), "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("ruble", "rubles", "kopek", "kopeks"), "USD": ("U.S. dollar", "U.S. dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"), "GBP": ("pound", "pounds", "penny", "pence"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "INR": ("rupee", "rupees", "paisa", "paise"), "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"), "KRW": ("won", "won", "", ""),
    "CNY": ("yuan", "yuan", "", ""), "RMB": ("yuan", "yuan", "", ""), "JPY": ("yen", "yen", "", ""),
}  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
KINGS = (
    "Henry|Louis|Elizabeth|Charles|George|Edward|Richard|William|James|Napoleon|Philip|Pope|Leo|Pius|John|Paul|Francis|"
    "Frederick|Catherine|Mary|Alexander|Nicholas|Ivan|Peter|Otto|Ramses|Ptolemy|Benedict|Gregory"
)
NUMBERED = (
    "Chapter|Part|Section|Volume|Book|Act|Scene|Unit|Phase|Type|Stage|Level|Appendix|Figure|Table|Article|Module|"
    "Lesson|Grade|Class|Title|Division|Category|War|Schedule|Step|Episode|Bowl"
)
# Between numbers, single letters or after white space; a sign that touches words otherwise is silent or read below.
SIGNS = {
    "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "±": "plus or minus", "≤": "is at most",
    "≥": "is at least", "≠": "is not equal to", "≈": "is approximately", "<": "is less than", ">": "is greater than",
    "→": "to", "⇒": "implies", "←": "from", "↔": "to and from", "∞": "infinity", "√": "the square root of",
    "∑": "the sum of", "∫": "the integral of", "∂": "partial", "∈": "in", "∴": "therefore", "∝": "is proportional to",
    "&": "and", "@": "at", "%": "percent", "°": "degrees", "#": "number", "©": "copyright", "®": "", "™": "",
    "·": "times", "∆": "delta", "⁄": "over", "∅": "the empty set", "∩": "intersection", "∪": "union",
    "⊂": "is a subset of", "⊆": "is a subset of", "⊇": "is a superset of", "⊃": "is a superset of", "∉": "not in",
    "∠": "angle", "⟂": "is perpendicular to", "⊥": "is perpendicular to", "∥": "is parallel to",
    "≅": "is congruent to", "≌": "is congruent to", "∼": "is similar to", "≒": "is approximately",
    "∏": "the product of", "⋅": "times", "∓": "minus or plus", "≪": "is much less than", "≫": "is much greater than",
    "∛": "the cube root of", "⇌": "is in equilibrium with", "∵": "because", "∖": "without", "∘": "of",
    "♯": "sharp", "♭": "flat", "⌘": "Command", "⌥": "Option", "⌃": "Control", "⇧": "Shift", "⏎": "Enter",
    "∀": "for all", "∃": "there exists", "¬": "not", "∧": "and", "∨": "or", "∇": "nabla", "≡": "is identical to",
    "$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₩": "won", "₹": "rupees", "¢": "cents", "№": "number",
    "△": "triangle", "↑": "up", "↓": "down", "§": "section", "‰": "per mille", "⇔": "is equivalent to",
    "〒": "postcode", "†": "", "‡": "",
}  # fmt: skip
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
        "chi psi omega".split(),
        strict=True,
    )
) | {"ς": "sigma", "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta"}
