package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import java.time.Instant;

/**
 * The newest heartbeat of a log that came through a partition.
 *
 * @param service tag of the service whose database it was written into
 * @param log the log it was read from
 * @param partition the channel's partition
 * @param heartbeat what it says
 * @param arrivedAt when the applier committed it
 */
public record SeenHeartbeat(
    String service, String log, int partition, Heartbeat heartbeat, Instant arrivedAt) {
  static SeenHeartbeat of(ChangeEvent event, int partition, Instant arrivedAt) {
    return new SeenHeartbeat(
        event.source(), event.log(), partition, Heartbeat.of(event), arrivedAt);
  }

  /** When it was written; never after it arrived, however the clocks differ. */
  Instant sign() {
    return heartbeat.writtenAt().isAfter(arrivedAt) ? arrivedAt : heartbeat.writtenAt();
  }
}
