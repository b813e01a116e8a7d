package lab.report;

/** How wide a text is in a picture, without a browser. */
class TextWidth {
    /** At most, in the usual fonts without serifs. A short text may be bold. */
    static double of(String text, double size) {
        return size * text.codePoints().mapToDouble(TextWidth::of).sum();
    }

    private static double of(int character) {
        if (character > 0x2e80) return 1.3;
        if (character > 0x17f) return 1;
        if ("ijl.,:;'|!()[]frt I".indexOf(character) >= 0) return 0.4;
        if ("mwMW@%".indexOf(character) >= 0) return 1;
        return Character.isUpperCase(character) ? 0.75 : 0.62;
    }

    /** The text, cut so that it is no wider than the room. */
    static String fit(String text, double room, double size) {
        String cut = text;
        for (int length = text.length(); of(cut, size) > room && length > 0; length--)
            cut = text.substring(0, length - 1).stripTrailing() + "\u2026";
        return cut;
    }
}
