package lab.report;

import lab.common.Resource;

/** The files of this folder that go into what is written, so that each file is complete in itself. */
class Style {
    static final String PICTURE = Resource.text(Style.class, "picture.css");

    /** The page, with TITLE and TRIALS still to be filled in. */
    static final String PAGE = Resource.text(Style.class, "page.html")
            .replace("<link rel=\"stylesheet\" href=\"picture.css\">\n", "")
            .replace(
                    "<link rel=\"stylesheet\" href=\"page.css\">",
                    "<style>\n" + PICTURE + Resource.text(Style.class, "page.css") + "</style>");
}
