package lab.live;

/** A broker of the cluster. It keeps its column on the page while it is down. */
class Broker {
    final int id;
    final Question ends; // of the partitions that it leads
    final Question starts;
    String address = "";
    private final Clock clock;
    private final News news;
    private boolean down;
    private long downSince; // 0: it is up, or was down before the run

    Broker(int id, boolean down, Clock clock, News news) {
        this.id = id;
        this.down = down;
        this.clock = clock;
        this.news = news;
        ends = new Question(clock, 200);
        starts = new Question(clock, 1_000);
    }

    boolean isDown() {
        return down;
    }

    /** 0: it is up, or was down before the run. */
    long downSince() {
        return downSince;
    }

    /** Whether the cluster lists the broker. The first answer of a run is no news. */
    void hear(boolean isListed, boolean isFirst) {
        if (isListed != down) return;
        down = !isListed;
        if (isFirst) return;
        String after = downSince == 0 ? "" : " again, after " + Clock.length(clock.since(downSince));
        if (down) news.add(News.BAD, "broker " + id + " is down");
        else news.add(News.GOOD, "broker " + id + " is up" + after);
        downSince = down ? clock.now() : 0;
    }
}
