package lab.drill;

import lab.drill.clients.Producing;
import lab.drill.faults.Fault;
import lab.drill.scenarios.Scenario;

/** One experiment: a scenario, the fault in it (null: its own, or none), and the clients' settings. */
record Plan(Scenario scenario, Fault fault, Producing producing) {}
