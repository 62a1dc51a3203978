/**
 * What a database must offer to be captured.
 *
 * <p>Entry point for implementers: {@link io.millrace.cdc.source.Source} opens a {@link
 * io.millrace.cdc.source.SourceReader}, which the pipeline's capture thread polls. A reader is used
 * by one thread only; {@link io.millrace.cdc.source.Source#wakeUp()} may be called by any. A reader
 * gives every change of its log once per reading, in log order, nothing before its commit, and says
 * at which points reading may resume.
 */
@NullMarked
package io.millrace.cdc.source;

import org.jspecify.annotations.NullMarked;
