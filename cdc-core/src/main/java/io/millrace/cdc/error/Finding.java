package io.millrace.cdc.error;

/**
 * One thing that preflight found at an endpoint.
 *
 * @param severity whether the endpoint may be used
 * @param code stable short name for tests and dashboards, e.g. {@code binlog-row-image}
 * @param message what is set, with the value
 * @param remedy the statement or setting that mends it
 */
public record Finding(Severity severity, String code, String message, String remedy) {
  /** How bad a finding is. */
  public enum Severity {
    /** Data would be lost or misread: the endpoint is refused. */
    REFUSED,
    /** Works, but somebody should know. */
    WARNING
  }

  /** A finding that refuses the endpoint. */
  public static Finding refused(String code, String message, String remedy) {
    return new Finding(Severity.REFUSED, code, message, remedy);
  }

  /** A finding that only warns. */
  public static Finding warning(String code, String message, String remedy) {
    return new Finding(Severity.WARNING, code, message, remedy);
  }

  @Override
  public String toString() {
    return message + " Remedy: " + remedy + " [" + code + "]";
  }
}
