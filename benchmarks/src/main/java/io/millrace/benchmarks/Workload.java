package io.millrace.benchmarks;

import io.millrace.cdc.testkit.MissingServerException;
import java.util.List;

/** Something that is measured. */
interface Workload {
  /** Its name on the command line. */
  String name();

  /** One line for the help text. */
  String summary();

  /**
   * Starts what it needs, measures, and stops it.
   *
   * @throws MissingServerException where a server is missing; the report then says so
   */
  List<Result> run(Bench bench) throws Exception;
}
