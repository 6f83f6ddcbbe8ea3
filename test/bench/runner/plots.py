# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG by hand: greys and middle tones that can be read on a light and on a dark page."""
import html
import math

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 230, 46, 46
INK, RULE = "#808080", "#80808055"
COLOURS = {
    "reference-legacy": "#d1603d", "reference-nft": "#c98a1b", "recent-iptables": "#b05fb0",
    "recent-nftables": "#8a6fd1", "netavark": "#8f8f6a", "patchbay-nftables": "#1f9e77",
    "patchbay-iptables": "#3a87c8", "patchbay-iptables-nft": "#8fc1e8", "floor": "#808080",
}


def text(x, y, words, anchor="start", size=12, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {extra}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, colour=RULE, width=1.0):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>')


def document(title, parts, height=HEIGHT):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" fill="{INK}">', f"<title>{html.escape(title)}</title>",
        text(16, 24, title, size=15, extra='font-weight="bold"'), *parts, "</svg>", ""])


def decades(least, most):
    """Powers of ten around what is shown."""
    return math.floor(math.log10(least)), max(math.ceil(math.log10(most)), math.floor(math.log10(least)) + 1)


def number(value):
    return f"{value:g}" if value < 1000 else f"{value:,.0f}"


def curves(title, unit, across, series, names):
    """`series`: key -> [(x, y)]; y on a logarithmic axis, x at even steps."""
    steps = sorted({x for points in series.values() for x, _ in points})
    low, high = decades(min(y for points in series.values() for _, y in points),
                        max(y for points in series.values() for _, y in points))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(x, y):
        share = steps.index(x) / max(1, len(steps) - 1)
        return (LEFT + 10 + share * (right - LEFT - 20),
                bottom - (math.log10(y) - low) / (high - low) * (bottom - TOP))

    parts = []
    for power in range(low, high + 1):
        y = place(steps[0], 10.0 ** power)[1]
        parts += [line(LEFT, y, right, y), text(LEFT - 8, y + 4, number(10.0 ** power), "end")]
    for x in steps:
        parts.append(text(place(x, 10.0 ** low)[0], bottom + 18, number(x), "middle"))
    parts += [text((LEFT + right) / 2, HEIGHT - 8, across, "middle"), text(LEFT - 8, TOP - 8, unit, "end")]
    ends = []
    for key, points in series.items():
        colour = COLOURS[key]
        places = [place(x, y) for x, y in sorted(points)]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="' +
                     " ".join(f"{x:.1f},{y:.1f}" for x, y in places) + '"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        ends.append((places[-1][1], key))
    return document(title, parts + legend(ends, right, names))


def legend(ends, right, names):
    """The names beside the ends of their curves, moved apart."""
    parts, last = [], TOP - 15
    for y, key in sorted(ends):
        last = max(y, last + 15)
        parts.append(text(right + 12, last + 4, names[key], extra=f'style="fill:{COLOURS[key]}"'))
    return parts


def bars(title, unit, values, names):
    """`values`: key -> (median, p10, p90); lengths on a logarithmic axis, whiskers from p10 to p90."""
    low, high = decades(min(value[1] for value in values.values()), max(value[2] for value in values.values()))
    left, right, step = 230, WIDTH - 80, 30
    bottom = TOP + step * len(values)

    def place(value):
        return left + (math.log10(max(value, 10.0 ** low)) - low) / (high - low) * (right - left)

    parts = []
    for power in range(low, high + 1):
        x = place(10.0 ** power)
        parts += [line(x, TOP, x, bottom), text(x, bottom + 18, number(10.0 ** power), "middle")]
    for index, (key, (median, least, most)) in enumerate(values.items()):
        y = TOP + step * index
        parts += [text(left - 10, y + 19, names[key], "end"),
                  f'<rect x="{left}" y="{y + 6}" width="{place(median) - left:.1f}" height="18" '
                  f'fill="{COLOURS[key]}"/>',
                  line(place(least), y + 15, place(most), y + 15, INK, 2),
                  text(max(place(most), place(median)) + 8, y + 19, f"{median:.3g}")]
    parts.append(text(right, bottom + 36, unit, "end"))
    return document(title, parts, bottom + 48)
