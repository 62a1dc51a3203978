package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.event.ChangeEvent;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the user said about one entity. */
record EntityMapping(
    String entity,
    EntityMode mode,
    String table,
    Map<String, String> fields,
    @Nullable Consumer<ChangeEvent> handler) {}
