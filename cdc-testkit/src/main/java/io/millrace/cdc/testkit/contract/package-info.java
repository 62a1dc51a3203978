/**
 * Contract tests that whoever implements an SPI extends: one abstract class per SPI, thin
 * subclasses per engine.
 *
 * <p>Entry points: {@link io.millrace.cdc.testkit.contract.SourceContract}, {@link
 * io.millrace.cdc.testkit.contract.TransportContract}. What does not belong here: servers, and
 * anything that knows one database.
 */
@NullMarked
package io.millrace.cdc.testkit.contract;

import org.jspecify.annotations.NullMarked;
