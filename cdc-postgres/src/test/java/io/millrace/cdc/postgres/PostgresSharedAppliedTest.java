package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.EntityMode;

final class PostgresSharedAppliedTest extends PostgresAppliedContract {
  PostgresSharedAppliedTest() {
    super(EntityMode.SHARED);
  }
}
