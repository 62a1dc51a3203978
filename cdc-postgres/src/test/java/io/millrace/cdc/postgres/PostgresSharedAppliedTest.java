package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.testkit.Database;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PostgresSharedAppliedTest extends PostgresAppliedContract {
  PostgresSharedAppliedTest() {
    super(EntityMode.SHARED);
  }

  @Test
  void a_database_that_is_not_registered_yet_is_refused_by_name() throws Exception {
    List<String> ddl = List.of("create table item (id int primary key, note text)");
    try (AppliedRig rig = new AppliedRig(EntityMode.SHARED, ddl, Database::dataSource, "item")) {
      rig.target.execute("drop schema millrace cascade");
      assertThatThrownBy(rig::start)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("not registered as a log")
          .hasMessageContaining("Install its change log");
    }
  }
}
