package io.millrace.cdc.error;

/**
 * Somebody else owns the pipeline or the partition now; what this instance still wanted to save was
 * not saved.
 */
public final class FencedException extends PositionException {
  private static final long serialVersionUID = 1L;

  /** Says who was fenced from what. */
  public FencedException(String message) {
    super(message, null, false);
  }
}
