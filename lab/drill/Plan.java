package lab.drill;

import lab.drill.clients.Producing;
import lab.drill.faults.Fault;
import lab.drill.scenarios.*;

/** One experiment: a scenario, the fault in it (null: its own, or none), and the clients' settings. */
record Plan(Scenario scenario, Fault fault, Producing producing) {
    boolean cutsPower() {
        return fault == Fault.power || scenario instanceof PowerCut;
    }

    private String verb() {
        return fault == Fault.power ? "power cut of" : fault.name();
    }

    String title() {
        if (!(scenario instanceof AnyTopic any)) return scenario.title;
        String what = any.onlyObserves() ? "observe" : "custom steps";
        return scenario.title + ": " + (fault == null ? what : verb() + " " + any.targetName());
    }
}
