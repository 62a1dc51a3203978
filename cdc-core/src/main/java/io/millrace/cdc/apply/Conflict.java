package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A foreign write of a shared entity that met own writes still on their way. It is no error: the
 * last event in the channel wins, field by field.
 *
 * @param event the foreign event
 * @param local the row here before the transaction; null where there was none
 * @param fields which columns were left as they are
 */
public record Conflict(ChangeEvent event, @Nullable Row local, List<String> fields) {
  /** Copies the fields. */
  public Conflict {
    fields = List.copyOf(fields);
  }
}
