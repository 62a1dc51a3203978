package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at both ends of a pipeline before anything is read or published. Capture thread only. */
final class EndpointCheck {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private final List<String> refused = new ArrayList<>();
  private @Nullable MillraceException away;

  private EndpointCheck(PipelineSettings settings) {
    this.settings = settings;
  }

  /**
   * Fails with a {@link ConfigurationException} that holds every problem of both ends, also where
   * one of them is away; else with the retryable failure of the one that is.
   */
  static void run(PipelineSettings settings) {
    EndpointCheck check = new EndpointCheck(settings);
    check.look(settings.source()::preflight);
    check.look(settings.publisher()::preflight);
    if (!check.refused.isEmpty()) {
      throw new ConfigurationException("pipeline '" + settings.name() + "'", check.refused);
    }
    if (check.away != null) {
      throw check.away;
    }
  }

  private void look(Supplier<List<Finding>> preflight) {
    try {
      preflight.get().forEach(this::sort);
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
      case WARNING -> LOG.warn("Pipeline '{}': {}", settings.name(), finding);
    }
  }
}
