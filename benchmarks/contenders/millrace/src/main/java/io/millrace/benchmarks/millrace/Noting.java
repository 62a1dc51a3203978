package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.List;

/** Decodes an event, notes the time of its id, which is a number, and acknowledges. */
final class Noting implements Publisher {
  private final Arrivals arrivals;

  Noting(Arrivals arrivals) {
    this.arrivals = arrivals;
  }

  @Override
  public String describe() {
    return "the clock";
  }

  @Override
  public List<Finding> preflight() {
    return List.of();
  }

  @Override
  public void publish(String routingKey, Encoded event, PublishCallback callback) {
    ChangeEvent change = ProtobufCodec.instance().decode(event);
    if (!change.entity().equals(Heartbeat.ENTITY)) {
      arrivals.arrived(Long.parseLong(change.id()));
    }
    callback.acknowledged();
  }

  @Override
  public void close(Duration timeout) {}
}
