/**
 * MySQL and MariaDB: a source that reads the binary log, and a target.
 *
 * <p>Entry points: {@link io.millrace.cdc.mysql.MySqlSource} and {@link
 * io.millrace.cdc.mysql.MySqlTarget}. The binlog connector connects and authenticates only. One
 * thread of its own ({@code millrace-<pipeline>-binlog}) reads what has come, cuts it into raw
 * events without a copy, and puts the events of one read into a bounded queue together; everything
 * else, decoding included, happens on the pipeline's capture thread inside {@code poll}.
 */
@NullMarked
package io.millrace.cdc.mysql;

import org.jspecify.annotations.NullMarked;
