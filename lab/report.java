///usr/bin/env jbang "$0" "$@" ; exit $?
// Draws a run. The ending of a file's name says what is written: .svg, .html, .md or .xml (JUnit).
//
//     jbang lab/report.java RUN.jsonl -o RUN.svg -o RUN.html
//
// It needs no cluster.

//DESCRIPTION Draws a run of failover.java, and writes it for a browser, a pull request or a CI server
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.grack:nanojson:1.10
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1
//MAIN lab.report.Report

//SOURCES report/Report.java // the command: its options, and what it does in turn
//SOURCES report/EventsFile.java // reads the events of a run
//SOURCES report/EventsTrial.java // makes a trial of its lines
//SOURCES report/JsonTable.java // makes tables of JSON
//SOURCES report/Output.java // a file to write, and the kinds of files

//SOURCES report/Trial.java // a trial as it is drawn: events, outages, pauses, claims
//SOURCES report/Story.java // a trial in words
//SOURCES report/Names.java // several trials: what differs between them
//SOURCES report/Columns.java // records per second, and their scale
//SOURCES report/Table.java // a table of texts
//SOURCES report/Tables.java // the tables that several formats have
//SOURCES report/Words.java // numbers, times and lists as text

//SOURCES report/Picture.java // the picture: its parts, from the top down
//SOURCES report/Svg.java // elements, and the time axis
//SOURCES report/TextWidth.java // how wide a text is
//SOURCES report/Heading.java // text, verdict, legend, table
//SOURCES report/Timeline.java // which node was down, and what changed
//SOURCES report/Lane.java // labels that do not touch one another
//SOURCES report/Strip.java // the records of a partition
//SOURCES report/LatencyCurve.java // p50 and p99
//SOURCES report/Bars.java // who led, who read

//SOURCES report/HtmlPage.java // .html: the picture, and all numbers
//SOURCES report/Style.java // the files of the page
//FILES lab/report/page.html=report/page.html
//FILES lab/report/page.css=report/page.css
//FILES lab/report/picture.css=report/picture.css
//SOURCES report/Markdown.java // .md: a summary for a pull request
//SOURCES report/JUnit.java // .xml: for CI servers
//SOURCES report/Markup.java // fills text into SVG, HTML and XML

//SOURCES common/Failure.java // an error for the user: one line, and the exit status
//SOURCES common/Script.java // how an instrument runs, prints and ends
