package io.millrace.cdc.pipeline;

/** Listens to nothing. */
enum NoListener implements PipelineListener {
  INSTANCE
}
