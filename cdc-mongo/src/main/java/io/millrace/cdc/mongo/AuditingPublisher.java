package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.bson.BsonSerializationException;
import org.bson.Document;
import org.bson.types.Binary;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what it publishes. A thread of its own writes documents in groups; how many wait is bounded
 * by what the pipeline lets be in flight.
 */
final class AuditingPublisher implements Publisher {
  private static final Logger LOG = LoggerFactory.getLogger(AuditingPublisher.class);
  private static final int GROUP = 500;
  private static final long PAUSE_MILLIS = 200;

  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);

  private final MongoAudit audit;
  private final Publisher publisher;
  private final LinkedBlockingQueue<Entry> open = new LinkedBlockingQueue<>();
  private final Thread writer;
  private boolean started; // of the thread that publishes
  private volatile boolean closing;

  AuditingPublisher(MongoAudit audit, Publisher publisher) {
    this.audit = audit;
    this.publisher = publisher;
    this.writer = new Thread(this::write, "millrace-audit");
    writer.setDaemon(true);
  }

  /** One event on its way; told by the transport's threads, written by the writer. */
  private final class Entry implements PublishCallback {
    private final String id;
    private final Document event;
    private final PublishCallback callback;
    private String state = MongoAudit.PENDING; // guarded by this
    private @Nullable String error; // guarded by this
    private boolean kept; // guarded by this
    private boolean told; // guarded by this

    Entry(String id, Document event, PublishCallback callback) {
      this.id = id;
      this.event = event;
      this.callback = callback;
    }

    @Override
    public void acknowledged() {
      boolean tell;
      synchronized (this) {
        state = MongoAudit.SENT;
        error = null;
        tell = kept && !told;
        told |= tell;
      }
      if (tell) {
        callback.acknowledged();
        open.add(this); // only its state
      }
    }

    @Override
    public void failed(TransportException failure) {
      end(failure instanceof UnpublishableException, failure);
      callback.failed(failure);
    }

    void end(boolean refused, TransportException failure) {
      boolean again;
      synchronized (this) {
        state = refused ? MongoAudit.REFUSED : MongoAudit.FAILED;
        error = failure.getMessage();
        told = true;
        again = kept;
      }
      if (again) {
        open.add(this);
      }
    }

    synchronized UpdateOneModel<Document> update(Date now) {
      Document set =
          new Document(MongoAudit.STATE, state)
              .append(MongoAudit.ERROR, error)
              .append(MongoAudit.SENT_AT, state.equals(MongoAudit.SENT) ? now : null);
      return new UpdateOneModel<>(
          Filters.eq("_id", id),
          new Document("$set", set)
              .append("$setOnInsert", new Document(event).append(MongoAudit.KEPT_AT, now)),
          UPSERT);
    }

    /** The document is there; what the transport said meanwhile counts now. */
    void written(String writtenState) {
      boolean tell;
      boolean again;
      synchronized (this) {
        kept = true;
        tell = state.equals(MongoAudit.SENT) && !told;
        told |= tell;
        again = !state.equals(writtenState);
      }
      if (tell) {
        callback.acknowledged();
      }
      if (again) {
        open.add(this);
      }
    }

    synchronized String state() {
      return state;
    }
  }

  @Override
  public String describe() {
    return publisher.describe() + ", kept in " + audit;
  }

  @Override
  public List<Finding> preflight() {
    List<Finding> findings = new ArrayList<>(publisher.preflight());
    findings.addAll(audit.preflight());
    return findings;
  }

  @Override
  public List<String> keysOfAllPartitions(String prefix) {
    return publisher.keysOfAllPartitions(prefix);
  }

  @Override
  public void publish(String routingKey, Encoded event, PublishCallback callback)
      throws InterruptedException {
    if (!started) {
      started = true;
      writer.start();
    }
    ChangeEvent decoded;
    try {
      decoded = audit.codec().decode(event);
    } catch (EventException e) {
      throw new TransportException(
          "What is published cannot be kept in "
              + audit
              + ", since the audit's codec does not read it. Give it the pipeline's: "
              + e.getMessage(),
          e);
    }
    if (Heartbeat.is(decoded)) {
      publisher.publish(routingKey, event, callback);
      return;
    }
    Entry entry = new Entry(decoded.eventId(), document(decoded, routingKey, event), callback);
    try {
      publisher.publish(routingKey, event, entry);
    } catch (UnpublishableException e) {
      entry.end(true, e);
      open.add(entry);
      throw e;
    }
    open.add(entry);
  }

  private static Document document(ChangeEvent event, String routingKey, Encoded encoded) {
    List<Document> headers = new ArrayList<>();
    new TreeMap<>(encoded.headers())
        .forEach((name, value) -> headers.add(new Document("n", name).append("v", value)));
    Document document =
        new Document("entity", event.entity())
            .append("id", event.id())
            .append("type", event.type().name())
            .append("log", event.log())
            .append("version", event.version().toHex())
            .append("changed_at", Date.from(event.changedAt()))
            .append("routing_key", routingKey)
            .append("headers", headers)
            .append("format", 1);
    return size(event, routingKey, encoded) <= OwnForms.MOST_BYTES
        ? document.append(MongoAudit.BODY, new Binary(encoded.body()))
        : document.append("body_bytes", encoded.body().length);
  }

  private static long size(ChangeEvent event, String routingKey, Encoded encoded) {
    long texts = event.id().length() + (long) routingKey.length();
    for (Map.Entry<String, String> header : encoded.headers().entrySet()) {
      texts += header.getKey().length() + (long) header.getValue().length();
    }
    return encoded.body().length + 3 * texts; // a character has at most three bytes
  }

  private void write() {
    List<Entry> group = new ArrayList<>(GROUP);
    try {
      while (!closing || !open.isEmpty()) {
        if (group.isEmpty()) {
          Entry first = open.poll(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
          if (first == null) {
            continue;
          }
          group.add(first);
          open.drainTo(group, GROUP - 1);
        }
        if (write(group)) {
          group.clear();
        } else if (closing) {
          return; // what was not told as acknowledged is published again
        } else {
          Thread.sleep(PAUSE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      // Only close() interrupts it.
      Thread.currentThread().interrupt();
    }
  }

  private boolean write(List<Entry> group) {
    Date now = Date.from(audit.clock().instant());
    List<WriteModel<Document>> updates = new ArrayList<>(group.size());
    List<String> states = new ArrayList<>(group.size());
    for (Entry entry : group) {
      synchronized (entry) {
        updates.add(entry.update(now));
        states.add(entry.state());
      }
    }
    try {
      // In order: an event that is published again comes twice.
      audit.kept().bulkWrite(updates, new BulkWriteOptions().ordered(true));
    } catch (MongoException | BsonSerializationException e) {
      LOG.warn("{}: what is published cannot be kept, trying again: {}", audit, e.getMessage());
      return false;
    }
    for (int i = 0; i < group.size(); i++) {
      group.get(i).written(states.get(i));
    }
    return true;
  }

  @Override
  public void close(Duration timeout) {
    publisher.close(timeout);
    closing = true;
    try {
      writer.join(Math.max(1, timeout.toMillis()));
      if (writer.isAlive()) {
        writer.interrupt();
      }
    } catch (InterruptedException e) {
      writer.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
