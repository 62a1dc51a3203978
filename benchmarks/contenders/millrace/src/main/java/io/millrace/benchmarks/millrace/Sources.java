package io.millrace.benchmarks.millrace;

import com.mongodb.client.MongoClients;
import com.mysql.cj.jdbc.MysqlDataSource;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Place;
import io.millrace.cdc.mongo.MongoSource;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Sources and data sources for a place. */
final class Sources {
  private static final String SERVICE = "shop";

  private Sources() {}

  /** The source of the job's table, installed. */
  static Source install(Job job) throws SQLException {
    Place place = job.from();
    if (place.url().startsWith("mongodb:")) {
      MongoSource source =
          MongoSource.builder(MongoClients.create(place.url()), place.database())
              .service(SERVICE)
              .capture(job.table())
              .build();
      source.registration().install();
      return source;
    }
    if (place.url().startsWith("jdbc:postgresql:")) {
      PostgresSource source =
          PostgresSource.builder(dataSource(place))
              .service(SERVICE)
              .capture("public." + job.table())
              .build();
      source.changeLog().install();
      return source;
    }
    MySqlSource source =
        MySqlSource.builder(dataSource(place))
            .host(place.host())
            .port(place.port())
            .user(place.user())
            .password(Secret.of(place.password()))
            .service(SERVICE)
            .capture(place.database() + "." + job.table())
            .build();
    source.registration().install();
    return source;
  }

  /** Connections to a place, without a pool. */
  static DataSource dataSource(Place place) throws SQLException {
    if (place.url().startsWith("jdbc:postgresql:")) {
      PGSimpleDataSource postgres = new PGSimpleDataSource();
      postgres.setUrl(place.url());
      postgres.setUser(place.user());
      postgres.setPassword(place.password());
      return postgres;
    }
    if (place.url().startsWith("jdbc:mariadb:")) {
      MariaDbDataSource mariaDb = new MariaDbDataSource(place.url());
      mariaDb.setUser(place.user());
      mariaDb.setPassword(place.password());
      return mariaDb;
    }
    MysqlDataSource mySql = new MysqlDataSource();
    mySql.setUrl(place.url());
    mySql.setUser(place.user());
    mySql.setPassword(place.password());
    return mySql;
  }
}
