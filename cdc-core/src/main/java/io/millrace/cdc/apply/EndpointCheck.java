package io.millrace.cdc.apply;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.MillraceException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at both ends of an applier before anything is read. Used by the applier's thread. */
final class EndpointCheck {
  private static final Logger log = LoggerFactory.getLogger(EndpointCheck.class);

  private final ApplierConfig config;
  private final List<String> refused = new ArrayList<>();
  private @Nullable MillraceException away;

  private EndpointCheck(ApplierConfig config) {
    this.config = config;
  }

  /**
   * Fails with a {@link ConfigurationException} that holds every problem of both ends, also where
   * one of them is away; else with the retryable failure of the one that is.
   *
   * @param openTarget connects to the target, which checks the mapping
   */
  static void run(ApplierConfig config, Runnable openTarget) {
    EndpointCheck check = new EndpointCheck(config);
    check.look(openTarget);
    check.look(() -> config.subscriber().preflight().forEach(check::sort));
    if (!check.refused.isEmpty()) {
      throw new ConfigurationException(
          "applier '%s' from %s to %s"
              .formatted(config.name(), config.subscriber().describe(), config.target().describe()),
          check.refused);
    }
    if (check.away != null) {
      throw check.away;
    }
  }

  private void look(Runnable end) {
    try {
      end.run();
    } catch (ConfigurationException e) {
      refused.addAll(e.problems());
    } catch (MillraceException e) {
      if (!e.retryable()) {
        refused.add(String.valueOf(e.getMessage()));
      } else if (away == null) {
        away = e;
      } else {
        away.addSuppressed(e);
      }
    }
  }

  private void sort(Finding finding) {
    switch (finding.severity()) {
      case REFUSED -> refused.add(finding.toString());
      case WARNING -> log.warn("applier '{}': {}", config.name(), finding);
    }
  }
}
