'use strict';
const $ = id => document.getElementById(id);
let shown = null, answeredAt = null; // the snapshot on the page, and when live.java last answered; null: never

// ---- one snapshot after the other; if live.java has ended, the page asks until it runs again ----

async function ask() {
    const snapshot = await fetch('snapshot', {signal: AbortSignal.timeout(3000)}).then(it => it.json()).catch(() => null);
    if (snapshot && shown && shown.run !== snapshot.run) return location.reload();
    setTimeout(ask, 250);
    if (!snapshot) return sayState();
    shown = snapshot;
    answeredAt = Date.now();
    draw(snapshot);
}

function sayState() {
    const ended = answeredAt === null || Date.now() - answeredAt > 2000;
    const silent = shown?.silentSince;
    let alarm = '';
    if (ended && answeredAt !== null)
        alarm = `live.java has ended or is unresponsive since ${clock(answeredAt)}. `
            + 'The page shows its last answer. Start live.java again, and the page continues.';
    else if (silent)
        alarm = `No broker answers since ${clock(silent)}, for ${length(shown.now - silent)}. The page shows the last answers.`;
    else if (shown?.notes.length) alarm = 'The cluster refuses to report this: ' + shown.notes.join(' ');
    $('alarm').hidden = !alarm;
    text($('alarm'), alarm);
    const old = ended || silent;
    $('picture').classList.toggle('old', Boolean(old));
    $('state').className = old ? 'bad' : '';
    text($('state'), answeredAt === null ? 'connecting' : old ? 'OLD' : 'live, ' + clock(shown.now));
}

function draw(s) {
    const many = s.topics !== 1, count = s.partitions.length;
    document.body.className = count > 4 ? 'dense' : '';
    document.body.style.setProperty('--partitions', count);
    document.body.style.setProperty('--row', (count > 8 ? 1.7 : 2.6) + 'rem');
    text($('title'), s.ready ? s.title : 'Kafka live');
    document.title = 'Kafka live: ' + s.title;
    text($('cluster'), `${s.servers}   cluster ${s.cluster}`);
    drawBrokers(s, many);
    keyed($('groups'), s.groups, g => g.name, () => element('div', 'group'), (node, g) => drawGroup(node, g, s, many));
    drawStrips(s, many);
    keyed($('news'), s.news, n => n.number, () => element('li'), (node, n) => {
        if (node.firstChild) return;
        node.append(element('time', '', clock(n.at)), element('span', n.mood, n.text));
    });
    const bar = length(s.cellMs).replace('.0', '');
    text($('legend'), (s.folded ? s.folded + ' ' : '')
        + `Bars: records in; each bar is ${bar}, in the colour of the leader at that time. `
        + 'Grey, below the band: records out, counted by committed offsets. Lag: records that the group has not committed.');
    sayState();
}

// ---- brokers as columns, with their replicas; the leader's mark moves ----

function drawBrokers(s, many) {
    const columns = s.brokers.map(b => b.id);
    const grid = $('brokers');
    grid.style.setProperty('--columns', columns.length);
    grid.style.setProperty('--rows', s.partitions.length + 1);
    const cells = [];
    for (const b of s.brokers) cells.push({
        key: 'broker ' + b.id, row: 1, column: columns.indexOf(b.id) + 2, type: 'broker ' + b.state + ' ' + colour(b.id),
        parts: [['b', '', 'broker ' + b.id], ['span', 'word', wordFor(b, s)]],
    });
    s.partitions.forEach((p, i) => {
        const name = nameOf(p, many), row = i + 2;
        const words = wordsOf(p, many).map(word => ['span', '', word]);
        cells.push({key: 'name ' + name, row, column: 1, type: 'name', parts: words, title: name});
        for (const r of p.replicas)
            cells.push({
                key: name + ' replica ' + r.broker, row, column: columns.indexOf(r.broker) + 2,
                type: 'replica ' + (r.state === 'leader' ? 'leads' : r.state.replace(' ', '-')) + ' ' + colour(r.broker),
                parts: [['span', '', r.state === 'leader' ? '' : r.state]],
            });
        cells.push({
            key: name + ' leader', row, at: columns.indexOf(p.leader),
            type: 'leader ' + (p.leader === null ? 'none' : colour(p.leader)) + (p.mute ? ' mute' : ''),
            parts: [['span', '', p.mute ? 'leader, no answer' : 'leader']],
        });
    });
    keyed(grid, cells, c => c.key, () => element('div'), (node, c) => {
        // Without a leader, the mark stays in its column, invisible.
        if (c.at >= 0) node.style.setProperty('--at', c.at);
        node.className = c.type;
        node.style.gridRow = c.type.startsWith('broker') ? '' : c.row;
        if (c.column) node.style.gridColumn = c.column;
        if (c.title) node.title = c.title;
        keyed(node, c.parts, place, part => element(part[0], part[1]), (n, part) => text(n, part[2]));
    });
}

function wordFor(b, s) {
    if (b.state === 'down') return 'down' + (b.awaySince ? ' for ' + length(s.now - b.awaySince) : '');
    return b.state === 'unresponsive' ? b.state : s.folded ? `leads ${b.leads}` : b.address;
}

// ---- the members of a group, with their partitions ----

function drawGroup(node, g, s, many) {
    if (!node.firstChild) node.append(element('h2'), element('div', 'consumers'));
    if (!node.firstChild.firstChild) node.firstChild.append(element('span'), ' ', element('small'));
    const [name, word] = node.firstChild.children;
    text(name, `${g.kind} ${g.name}`);
    text(word, g.refusal ? g.refusal : g.oldSince ? `no answer for ${length(s.now - g.oldSince)}` : g.rebalancing ? 'rebalancing'
        : g.notReady ? 'not ready' : !g.consumers.length ? g.withoutMembers ? 'assigns partitions itself' : `no ${g.member}`
        : g.more ? `and ${g.more} ${g.member}s more` : '');
    keyed(node.lastChild, g.consumers, c => c.number, () => {
        const box = element('div', 'consumer');
        box.append(element('b'), element('small'), element('div', 'chips'));
        return box;
    }, (box, c) => {
        const idle = c.known && !c.left && !c.partitions.length && !c.more;
        box.className = 'consumer' + (idle ? ' idle' : '') + (c.left ? ' left' : '');
        text(box.children[0], `${g.member} ${c.number}`);
        text(box.children[1], c.client);
        const chips = c.left ? [['left', '']] : idle ? [[c.standby ? 'standby' : 'idle', '']] : c.known ? c.partitions.map((at, i) => {
            const p = s.partitions.find(it => it.topic === at.topic && it.number === at.number);
            const leaderless = p.leader === null;
            const again = i > 0 && c.partitions[i - 1].topic === at.topic && many; // the topic is named already
            const name = again ? at.number : nameOf(at, many);
            return [name + (leaderless ? ': no leader' : ''), leaderless ? 'nobody' : colour(p.leader)];
        }) : [[g.rebalancing ? 'rebalancing' : 'assignment not reported', '']];
        if (c.more && !c.left) chips.push([c.more + ' more', '']);
        keyed(box.children[2], chips, place, () => element('span'), (chip, it) => {
            text(chip, String(it[0]));
            chip.className = it[1] ? 'chip ' + it[1] : '';
        });
    });
}

// ---- a strip for each partition: what came in and went out ----

function drawStrips(s, many) {
    const rows = [null, ...s.partitions];
    keyed($('strips'), rows, p => p ? nameOf(p, many) : '', p => {
        const row = element('div', p ? 'row' : 'row head');
        row.append(element('div', 'name'), p ? drawing('svg') : element('div'));
        for (let i = 0; i < 3; i++) row.append(element('div', 'number'));
        return row;
    }, (row, p) => {
        const [names, strip, ...numbers] = row.children;
        if (!p) {
            text(strip, `the last ${s.seconds} s`);
            for (const word of ['in/s', 'out/s', 'lag']) text(numbers.shift(), word);
            return;
        }
        keyed(names, wordsOf(p, many), place, () => element('span'), text);
        names.title = nameOf(p, many);
        // A low row has room for one group: the one that is furthest behind.
        const furthest = [...p.out].sort((a, b) => Boolean(b.outside) - Boolean(a.outside) || b.lag - a.lag).slice(0, 1);
        const groups = s.partitions.length > 4 ? furthest : p.out;
        const each = of => groups.map(o => (groups.length > 1 ? o.group + ' ' : '') + of(o)).join('\n') || '?';
        row.children[4].title = p.out.map(o => `${o.group}: ${o.outside || (o.lag === null ? '?' : o.lag)}`).join('\n');
        text(numbers[0], number(p.rate));
        text(numbers[1], each(o => number(o.rate)));
        text(numbers[2], each(lagOf));
        numbers[2].classList.toggle('bad', groups.some(o => o.outside));
        drawStrip(strip, p, s);
    });
}

/** A number; or words for a committed offset outside the log, where a number would be false. */
function lagOf(out) {
    return out.outside ? out.outside.replace(/ by .*/, '') : out.lag === null ? '?' : out.lag.toLocaleString('en');
}

/** Records in grow upwards from the band, in the colour of the leader; records out grow downwards. */
function drawStrip(svg, p, s) {
    const width = svg.clientWidth, height = svg.clientHeight, end = s.now, start = end - s.seconds * 1000;
    const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const tall = height > 4.5 * em;
    const band = tall ? 1.3 * em : .3 * em, floor = (height - band) * .6, deep = floor + band;
    const x = t => Math.max(0, Math.min(width, (t - start) / (end - start) * width));
    const top = scale([p.cells, ...p.out.map(o => o.cells)]);
    const y = n => Math.min(1, n / top);
    const shapes = [];
    const add = (tag, type, attributes, words = '') => {
        const shape = drawing(tag, type);
        for (const name in attributes) shape.setAttribute(name, attributes[name]);
        shape.textContent = words;
        shapes.push(shape);
    };
    const box = (type, from, to, y0, y1) => {
        if (x(to) > x(from)) add('rect', type, {x: x(from), y: y0, width: x(to) - x(from), height: y1 - y0});
    };
    const eachCell = (cells, use) => cells.forEach((n, i) => {
        const from = (s.firstCell + i) * s.cellMs;
        use(n, from, from + s.cellMs * .9, Math.min(end, from + s.cellMs));
    });

    const led = p.led.map(([from, leader], i) => ({from, to: i + 1 < p.led.length ? p.led[i + 1][0] : end, leader}));
    const leaderAt = t => (led.find(l => t <= l.to) || {leader: -1}).leader;
    const ledBy = (from, until) => leaderAt(until) < 0 ? leaderAt(from) : leaderAt(until);
    const watched = led.length ? led[0].from : end;

    for (const g of p.gaps) box('gap-area' + (g.alarm ? ' alarm' : ''), g.from, g.to || end, 0, height);
    eachCell(p.cells, (n, from, to, until) => {
        if (n === null && from > watched + 2000 && leaderAt(until) >= 0) box('unknown', from, until, 0, floor);
        if (n > 0) box('bar ' + colour(ledBy(from, until)), from, to, floor * (1 - y(n)), floor);
    });
    for (const o of p.out)
        eachCell(o.cells, (n, from, to) => n > 0 && box('read', from, to, deep, deep + y(n) * (height - deep)));
    for (const l of led) {
        box('band ' + colour(l.leader), l.from, l.to, floor, deep);
        const words = l.leader < 0 ? 'no leader' : 'broker ' + l.leader;
        if (tall && x(l.to) - x(l.from) > words.length * .62 * em)
            add('text', 'band-name ' + colour(l.leader), {x: x(l.from) + .3 * em, y: deep - .32 * em}, words);
    }
    // The newest gap first, because its words may need the room of older ones.
    let taken = width, free = x(watched) || width;
    [...p.gaps].reverse().forEach(g => {
        const x0 = x(g.from), x1 = x(g.to || end), type = g.alarm ? ' alarm' : '';
        const words = (tall ? `${g.text} for ` : '') + length((g.to || end) - g.from)
            + (g.cause && !g.to ? `: ${g.cause}` : '');
        const wide = words.length * .6 * em, line = tall ? 1.2 * em : height / 2 + .35 * em;
        const right = Math.max(wide, x1 - x0 > wide ? (x0 + x1 + wide) / 2 : x1);
        if (x1 - x0 < 1) return;
        if (tall) add('path', 'gap' + type, {d: `M${x0} ${line + .9 * em}v${-em / 2}H${x1}v${em / 2}`});
        if (right > taken) return; // no room for words
        add('text', 'gap-name end' + type, {x: right, y: line}, words);
        taken = right - wide;
        free = Math.min(free, taken);
    });
    if (x(watched) > 9 * em && free > x(watched) / 2 + 4.5 * em)
        add('text', 'soft middle', {x: x(watched) / 2, y: height / 2 + .3 * em}, 'not watched yet');
    if (tall && free > 6 * em) {
        const records = number(top * 1000 / s.cellMs).replace('.0', '') + '/s';
        add('text', 'soft', {x: .3 * em, y: 1.1 * em}, 'in, ' + records);
        add('text', 'soft', {x: .3 * em, y: height - .4 * em}, 'out');
    }
    svg.replaceChildren(...shapes);
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', `${nameOf(p, true)}: ${number(p.rate)} records/s in`);
}

/** The records of a full bar: 1, 2 or 5 times a power of ten. A few high bars may be cut off. */
function scale(cells) {
    const some = cells.flat().filter(n => n > 0).sort((a, b) => a - b);
    const usual = some.length ? some[Math.floor(some.length / 2)] : 1;
    const wanted = Math.max(2, Math.min(some[some.length - 1] || 0, 2.5 * usual));
    const power = 10 ** Math.floor(Math.log10(wanted));
    return [1, 2, 5, 10].find(n => n * power >= wanted) * power;
}

// ---- small things ----

const place = (_, i) => i; // as a key
const colour = broker => broker < 0 ? 'nobody' : 'b' + broker % 6;
const wordsOf = (at, many) => [many ? at.topic : 'partition', String(at.number)];
const nameOf = (at, many) => wordsOf(at, many).join(' ');
const number = n => n === null ? '?' : n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString('en');
const two = n => String(n).padStart(2, '0');

function clock(ms) {
    const at = new Date(ms);
    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function length(ms) {
    if (ms < 9950) return (ms / 1000).toFixed(1) + ' s';
    if (ms < 99500) return Math.round(ms / 1000) + ' s';
    return `${Math.floor(ms / 60000)} min ${Math.floor(ms / 1000) % 60} s`;
}

function element(tag, type = '', words = '') {
    const node = document.createElement(tag);
    node.className = type;
    node.textContent = words;
    return node;
}

function drawing(tag, type = '') {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    node.setAttribute('class', type);
    return node;
}

function text(node, words) {
    if (node.textContent !== words) node.textContent = words;
}

/** One child for each item, in this order. A child is kept as long as an item has its key, so CSS can animate changes. */
function keyed(parent, items, keyOf, create, update) {
    const before = new Map([...parent.children].map(child => [child.dataset.key, child]));
    items.forEach((item, i) => {
        const key = String(keyOf(item, i));
        const child = before.get(key) || create(item);
        before.delete(key);
        child.dataset.key = key;
        if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] || null);
        update(child, item);
    });
    for (const child of before.values()) child.remove();
}

ask();
