package io.millrace.cdc.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Says which shared servers a test class or method needs. They are started first; where one cannot
 * be had, the test is skipped with a line that says what to provide, or fails if {@code
 * MILLRACE_REQUIRED_SERVERS} names it. Constructors and methods can then take the servers as
 * parameters.
 *
 * <p>It also makes {@code static final PostgresServer POSTGRES = PostgresServer.shared()} safe,
 * which would otherwise fail, in place of skipping, where there is none.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsServerExtension.class)
public @interface NeedsServer {
  /** The servers. */
  ServerKind[] value();
}
