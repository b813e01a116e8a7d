package lab.proof.checks;

import java.util.List;
import lab.proof.facts.Facts;

/**
 * The topic is the same one from the beginning to the end.
 *
 * <p>INCONCLUSIVE: it was deleted, another one with its name was created, or its id is not known.
 */
class SameTopic implements Check {
    @Override
    public List<Claim> claims(Facts facts) {
        String text = "the topic is the same to the end";
        if (!facts.topicGone() && facts.topicUnknown())
            return List.of(Claim.unknown(text, "nothing shows which topic was read"));
        return List.of(
                facts.topicGone()
                        ? Claim.unknown(text, "it was deleted in mid-run, or another one of its name was created")
                        : Claim.pass(text, facts.setup().topic().id()).routinely());
    }
}
