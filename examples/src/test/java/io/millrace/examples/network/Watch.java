package io.millrace.examples.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.pipeline.PipelineState;
import java.util.concurrent.TimeUnit;

/** Looks at a rig all the time: how much is in flight, whether something has given up. */
final class Watch implements AutoCloseable {
  private final Rig rig;
  private final Thread thread;
  private volatile boolean ended;
  private volatile long mostInFlight;
  private volatile boolean failed;

  Watch(Rig rig) {
    this.rig = rig;
    this.thread = new Thread(this::look, "watch");
    thread.start();
  }

  private void look() {
    while (!ended) {
      mostInFlight = Math.max(mostInFlight, rig.pipeline().status().inFlightEvents());
      failed |= rig.pipeline().status().state() == PipelineState.FAILED;
      failed |= rig.applier().status().state() == ApplierState.FAILED;
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  void check() {
    assertThat(failed).as("something gave up: %s", rig).isFalse();
    assertThat(mostInFlight).isBetween(1L, (long) Rig.MAX_IN_FLIGHT);
    System.out.println("at most in flight " + mostInFlight + "; " + rig);
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join();
  }
}
