package io.millrace.cdc.apply;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.transport.Subscriber;
import java.time.Clock;
import java.time.Duration;

/** Everything an applier was built with. */
record ApplierConfig(
    String name,
    String service,
    Subscriber subscriber,
    Target target,
    Rejection rejection,
    Unmapped unmapped,
    FirstOffset firstOffset,
    int batchSize,
    Duration maxWait,
    EventCodec codec,
    Clock clock,
    ApplierListener listener) {}
