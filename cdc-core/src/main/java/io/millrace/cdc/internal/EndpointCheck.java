package io.millrace.cdc.internal;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Looks at both ends of a pipeline or an applier before anything moves, and says of both what is
 * wrong. Used by one thread.
 */
public final class EndpointCheck {
  private final String name;
  private final Logger log;
  private final List<String> refused = new ArrayList<>();
  private @Nullable MillraceException away;

  /**
   * A check that has seen nothing yet.
   *
   * @param name what warnings are about
   * @param log where they go
   */
  public EndpointCheck(String name, Logger log) {
    this.name = name;
    this.log = log;
  }

  /** Looks at one end, and keeps what it finds or throws. */
  public void look(Supplier<List<Finding>> end) {
    try {
      end.get().forEach(this::sort);
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
      case WARNING -> log.warn("{}: {}", name, finding);
    }
  }

  /**
   * Fails with a {@link ConfigurationException} that holds every problem of both ends, also where
   * one of them is away; else with the retryable failure of the one that is.
   *
   * @param what cannot work as configured
   */
  public void finish(String what) {
    if (!refused.isEmpty()) {
      throw new ConfigurationException(what, refused);
    }
    if (away != null) {
      throw away;
    }
  }
}
