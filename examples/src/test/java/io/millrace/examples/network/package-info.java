/** Real servers behind a bad network. */
package io.millrace.examples.network;
