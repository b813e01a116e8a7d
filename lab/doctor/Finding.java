package lab.doctor;

import java.util.List;

/**
 * One thing that is wrong, or would be.
 *
 * @param what in a few words, such as "no leader"
 * @param kind the noun for what is counted, such as "partition"
 * @param where the names, all of them; empty: it concerns the whole cluster
 * @param means the consequence, in a sentence
 * @param mend the remedy, often a command; "": another finding has it, or there is none without a price
 */
record Finding(String what, String kind, List<String> where, String means, String mend) {}
