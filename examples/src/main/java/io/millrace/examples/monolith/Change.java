package io.millrace.examples.monolith;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A change of one row in the judge's words, made from a writer's journal or from an event on the
 * topic.
 *
 * @param service which side made it
 * @param entity shared name of the table
 * @param id text of the key
 * @param type CREATED, UPDATED or DELETED
 * @param fields what changed, with the new values
 */
public record Change(
    String service, String entity, String id, String type, Map<String, @Nullable String> fields) {
  private static final String NULL = "\\N";

  /** Sorts the fields. */
  public Change {
    fields = new TreeMap<>(fields);
  }

  /** One line without a line break; two changes are the same when their lines are. */
  public String line() {
    StringBuilder line = new StringBuilder();
    line.append(service)
        .append('\t')
        .append(entity)
        .append('\t')
        .append(id)
        .append('\t')
        .append(type);
    fields.forEach(
        (name, value) ->
            line.append('\t')
                .append(name)
                .append('=')
                .append(value == null ? NULL : escape(value)));
    return line.toString();
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }
}
