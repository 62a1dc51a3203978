/**
 * MySQL and MariaDB: a source that reads the binary log, and a target.
 *
 * <p>Entry points: {@link io.millrace.cdc.mysql.MySqlSource} and {@link
 * io.millrace.cdc.mysql.MySqlTarget}. The binlog connector gives transport, authentication and
 * framing only: one thread of its own ({@code millrace-<pipeline>-binlog}) moves raw events into a
 * bounded queue; everything else, decoding included, happens on the pipeline's capture thread
 * inside {@code poll}.
 */
@NullMarked
package io.millrace.cdc.mysql;

import org.jspecify.annotations.NullMarked;
