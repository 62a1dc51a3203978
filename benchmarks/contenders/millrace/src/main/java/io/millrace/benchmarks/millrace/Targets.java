package io.millrace.benchmarks.millrace;

import com.mongodb.client.MongoClients;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.benchmarks.protocol.Place;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.mongo.MongoTarget;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.postgres.PostgresTarget;
import java.sql.SQLException;
import java.util.List;

/** Targets that mirror the entity {@code order} into a table of a place. */
final class Targets {
  private static final String ENTITY = "order";
  private static final List<String> FIELDS = List.of("id", "customer", "total", "note");

  private Targets() {}

  static Target of(Place place, String table) throws SQLException {
    return of(place, table, FIELDS);
  }

  static Target of(Place place, String table, List<String> fields) throws SQLException {
    String[] columns = fields.toArray(String[]::new);
    if (place.url().startsWith("mongodb:")) {
      return MongoTarget.builder(MongoClients.create(place.url()), place.database())
          .mirror(
              ENTITY,
              table,
              m ->
                  m.rename("id", "_id")
                      .fields(
                          fields.stream()
                              .filter(field -> !field.equals("id"))
                              .toArray(String[]::new)))
          .build();
    }
    HikariDataSource pool = new HikariDataSource();
    pool.setDataSource(Sources.dataSource(place));
    return place.url().startsWith("jdbc:postgresql:")
        ? PostgresTarget.builder(pool)
            .mirror(ENTITY, "public." + table, m -> m.columns(columns))
            .build()
        : MySqlTarget.builder(pool)
            .mirror(ENTITY, place.database() + "." + table, m -> m.columns(columns))
            .build();
  }
}
