package io.millrace.examples.network;

import io.millrace.cdc.testkit.NetworkProxy;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** One bad moment of a network. */
enum Weather {
  CUT,
  END,
  REFUSE,
  DELAY,
  THROTTLE,
  HOLD,
  HALF_OPEN,
  LOSE_ANSWERS;

  /** Brings it over a proxy for a while, and leaves the proxy normal. */
  void pass(NetworkProxy proxy, Random random) throws InterruptedException {
    switch (this) {
      case CUT -> proxy.cut();
      case END -> proxy.finish();
      case REFUSE -> {
        proxy.refuse();
        proxy.cut();
      }
      case DELAY -> proxy.delay(Duration.ofMillis(random.nextInt(10, 200)));
      case THROTTLE -> proxy.throttle(random.nextInt(2_000, 20_000));
      case HOLD -> proxy.hold();
      case HALF_OPEN -> proxy.halfOpen();
      case LOSE_ANSWERS -> proxy.loseAnswers();
    }
    TimeUnit.MILLISECONDS.sleep(random.nextInt(300, 3_500));
    proxy.normal();
  }
}
