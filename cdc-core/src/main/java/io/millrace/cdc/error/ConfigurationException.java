package io.millrace.cdc.error;

import java.util.List;
import java.util.Locale;

/** A configuration that cannot work. Lists every problem found, not only the first. */
public final class ConfigurationException extends MillraceException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /**
   * All problems in one message.
   *
   * @param what the thing that is configured, e.g. {@code pipeline 'billing-out'}
   * @param problems each with the value and the remedy; at least one
   */
  public ConfigurationException(String what, List<String> problems) {
    super(
        String.format(
            Locale.ROOT,
            "%s cannot work as configured (%s problem%s):%n- %s",
            what,
            problems.size(),
            problems.size() == 1 ? "" : "s",
            String.join(System.lineSeparator() + "- ", problems)),
        null,
        false);
    this.problems = List.copyOf(problems);
  }

  /** The problems, one text each. */
  public List<String> problems() {
    return problems;
  }
}
