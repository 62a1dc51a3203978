package io.millrace.cdc.mysql;

/** How the connection that reads the binary log is protected. */
public enum SslMode {
  /** No encryption: passwords of old plugins and every row travel in the clear. */
  PLAINTEXT,
  /** Encrypted; the server's certificate must come from a trusted authority, for whatever host. */
  VERIFY_CA,
  /** Encrypted; the certificate must come from a trusted authority and name the host. */
  VERIFY_IDENTITY
}
