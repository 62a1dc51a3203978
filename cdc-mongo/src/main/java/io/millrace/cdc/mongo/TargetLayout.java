package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.event.ChangeEvent;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Mappings that were checked against the database.
 *
 * @param shared whether any entity is written by both sides
 */
record TargetLayout(
    Map<String, Rows> rows,
    Map<String, Consumer<ChangeEvent>> handlers,
    List<Nesting> nestings,
    List<String> parentsFirst,
    boolean shared) {}
