package io.millrace.cdc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class EndpointCheckTest {
  private final EndpointCheck ends =
      new EndpointCheck("test", LoggerFactory.getLogger(EndpointCheckTest.class));

  @Test
  void every_problem_of_both_ends_is_told_however_an_end_tells_it_and_whichever_is_away() {
    ends.look(
        () -> {
          throw new SourceException("away", null, true);
        });
    ends.look(
        () -> {
          throw new ConfigurationException("one end", List.of("first", "second"));
        });
    ends.look(
        () -> {
          throw new ConfigurationException("other end", List.of("third"));
        });
    ends.look(
        () -> {
          throw new SourceException("fourth");
        });
    ends.look(
        () ->
            List.of(
                Finding.warning("w", "only a warning", "none"),
                Finding.refused("r", "fifth", "mend it")));
    ConfigurationException told =
        catchThrowableOfType(ConfigurationException.class, () -> ends.finish("all"));
    assertThat(told.problems()).hasSize(5);
    assertThat(told).hasMessageContainingAll("first", "second", "third", "fourth", "fifth");
    assertThat(told.getMessage()).doesNotContain("warning").doesNotContain("away");
  }

  @Test
  void ends_that_are_away_and_nothing_else_may_be_tried_again() {
    SourceException one = new SourceException("one away", null, true);
    SourceException other = new SourceException("other away", null, true);
    for (SourceException away : List.of(one, other)) {
      ends.look(
          () -> {
            throw away;
          });
    }
    SourceException told =
        catchThrowableOfType(SourceException.class, () -> ends.finish("nothing"));
    assertThat(told).isSameAs(one).hasSuppressedException(other);
    new EndpointCheck("sound", LoggerFactory.getLogger(EndpointCheckTest.class)).finish("nothing");
  }
}
