package io.millrace.examples.network;

/** Where the network can be bad. */
enum Link {
  SOURCE,
  POSITIONS,
  PUBLISHER,
  SUBSCRIBER,
  TARGET
}
