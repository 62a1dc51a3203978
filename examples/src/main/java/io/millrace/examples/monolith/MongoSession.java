package io.millrace.examples.monolith;

import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.TransactionOptions;
import com.mongodb.WriteConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * A session on documents as an application with a mapper has it: documents are read, changed in
 * memory, and written back at the commit, each with one write that only hits what was read. One
 * document is written with a plain write or a transaction, by chance; more with a transaction.
 */
final class MongoSession implements Session {
  private static final int DUPLICATE_KEY = 11000;
  private static final int WRITE_CONFLICT = 112;
  private static final int REFUSED_BY_A_VALIDATOR = 121;

  private static final TransactionOptions MAJORITY =
      TransactionOptions.builder()
          .readConcern(ReadConcern.SNAPSHOT)
          .writeConcern(WriteConcern.MAJORITY)
          .build();

  private final String side;
  private final MongoDatabase database;
  private final ClientSession session;
  private final Random random;
  private final Map<String, Loaded> loaded = new LinkedHashMap<>();

  MongoSession(String side, MongoDatabase database, ClientSession session, Random random) {
    this.side = side;
    this.database = database.withWriteConcern(WriteConcern.MAJORITY);
    this.session = session;
    this.random = random;
  }

  /** A document as it was read and as it is to be. */
  private static final class Loaded {
    private final String entity;
    private final Object id;
    private final @Nullable Document before;
    private @Nullable Document now;

    /** Changed fields of the entity; {@code lines} for any change of a line. */
    private final Map<String, @Nullable String> changed = new HashMap<>();

    Loaded(String entity, Object id, @Nullable Document before) {
      this.entity = entity;
      this.id = id;
      this.before = before;
      this.now = before == null ? null : copy(before);
    }

    private static Document copy(Document document) {
      Document copy = new Document(document);
      if (document.get(ShopDocuments.LINES) != null) {
        copy.put(
            ShopDocuments.LINES,
            new ArrayList<>(ShopDocuments.lines(document).stream().map(Document::new).toList()));
      }
      if (document.get(ShopDocuments.CONTACT) instanceof Document contact) {
        copy.put(ShopDocuments.CONTACT, new Document(contact));
      }
      return copy;
    }
  }

  @Override
  public @Nullable Map<String, @Nullable String> lock(String entity, List<String> key) {
    Document document = load(entity, key).now;
    if (document == null) {
      return null;
    }
    return switch (entity) {
      case "customer" -> ShopDocuments.customer(document);
      case "order" -> ShopDocuments.order(document);
      default -> {
        Document line = line(document, key.get(1));
        yield line == null ? null : ShopDocuments.line(key.get(0), line);
      }
    };
  }

  @Override
  public void insert(String entity, Map<String, @Nullable String> row) throws TryAgain {
    boolean isLine = entity.equals("order_line");
    String id = Objects.requireNonNull(row.get(isLine ? "order_id" : "id"));
    Loaded loaded = load(entity, List.of(id));
    if (isLine) {
      Document order = loaded.now;
      if (order == null) {
        throw new TryAgain(new IllegalStateException("order " + id + " is gone"));
      }
      Document line = new Document();
      for (String field : List.of("line", "sku", "quantity", "price", "note")) {
        line.put(field, ShopDocuments.value(field, row.get(field)));
      }
      List<Document> lines = new ArrayList<>(ShopDocuments.lines(order));
      lines.add(line);
      order.put(ShopDocuments.LINES, lines);
      linesChanged(loaded);
      return;
    }
    if (loaded.now != null) {
      throw new TryAgain(new IllegalStateException(entity + " " + id + " is there already"));
    }
    Document document = new Document("_id", loaded.id);
    row.forEach((field, text) -> put(document, entity, field, text));
    if (entity.equals("order")) {
      document.put(ShopDocuments.LINES, new ArrayList<Document>());
    } else {
      document.put("legacyCode", "L-0");
    }
    loaded.now = document;
    loaded.changed.putAll(row);
    if (entity.equals("order")) {
      linesChanged(loaded);
    }
  }

  @Override
  public void update(String entity, List<String> key, Map<String, @Nullable String> changes) {
    Loaded loaded = load(entity, key);
    Document document = Objects.requireNonNull(loaded.now);
    if (entity.equals("order_line")) {
      Document line = Objects.requireNonNull(line(document, key.get(1)));
      changes.forEach((field, text) -> line.put(field, ShopDocuments.value(field, text)));
      linesChanged(loaded);
    } else {
      changes.forEach((field, text) -> put(document, entity, field, text));
      loaded.changed.putAll(changes);
    }
  }

  @Override
  public void delete(String entity, List<String> key) {
    Loaded loaded = load(entity, key);
    if (entity.equals("order_line")) {
      Document order = Objects.requireNonNull(loaded.now);
      List<Document> lines = new ArrayList<>(ShopDocuments.lines(order));
      lines.removeIf(line -> key.get(1).equals(String.valueOf(line.get("line"))));
      order.put(ShopDocuments.LINES, lines);
      linesChanged(loaded);
    } else {
      loaded.now = null;
    }
  }

  private static void linesChanged(Loaded loaded) {
    Document order = Objects.requireNonNull(loaded.now);
    String id = String.valueOf(loaded.id);
    loaded.changed.put(
        ShopDocuments.LINES,
        ShopDocuments.lineText(
            ShopDocuments.lines(order).stream()
                .map(line -> ShopDocuments.line(id, line))
                .toList()));
  }

  private static void put(Document document, String entity, String field, @Nullable String text) {
    String path = ShopDocuments.path(entity, field);
    Object value = ShopDocuments.value(field, text);
    int dot = path.indexOf('.');
    if (dot < 0) {
      document.put(path, value);
      return;
    }
    Document outer = document.get(path.substring(0, dot), Document.class);
    if (outer == null) {
      outer = new Document();
      document.put(path.substring(0, dot), outer);
    }
    outer.put(path.substring(dot + 1), value);
  }

  private static @Nullable Document line(Document order, String number) {
    return ShopDocuments.lines(order).stream()
        .filter(line -> number.equals(String.valueOf(line.get("line"))))
        .findFirst()
        .orElse(null);
  }

  private Loaded load(String entity, List<String> key) {
    String owner = entity.equals("customer") ? "customer" : "order";
    Object id = Long.parseLong(key.get(0));
    return loaded.computeIfAbsent(
        owner + id,
        name -> new Loaded(owner, id, collection(owner).find(new Document("_id", id)).first()));
  }

  private MongoCollection<Document> collection(String owner) {
    return database.getCollection(
        owner.equals("customer") ? ShopDocuments.CUSTOMERS : ShopDocuments.ORDERS);
  }

  @Override
  public List<Change> commit() throws TryAgain {
    List<Loaded> written = loaded.values().stream().filter(MongoSession::isWritten).toList();
    try {
      if (written.size() == 1 && random.nextBoolean()) {
        write(written.get(0), null);
      } else if (!written.isEmpty()) {
        session.startTransaction(MAJORITY);
        for (Loaded document : written) {
          write(document, session);
        }
        commitTransaction();
      }
    } catch (MongoException e) {
      if (e.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL)
          || e.getCode() == DUPLICATE_KEY
          || e.getCode() == WRITE_CONFLICT
          || e.getCode() == REFUSED_BY_A_VALIDATOR) {
        throw new TryAgain(e);
      }
      throw e;
    }
    List<Change> changes = written.stream().map(this::change).toList();
    loaded.clear();
    return changes;
  }

  private void commitTransaction() {
    while (true) {
      try {
        session.commitTransaction();
        return;
      } catch (MongoException e) {
        if (!e.hasErrorLabel(MongoException.UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL)) {
          throw e;
        }
      }
    }
  }

  private static boolean isWritten(Loaded document) {
    return document.before == null
        ? document.now != null
        : document.now == null || !document.changed.isEmpty();
  }

  /** One write, which hits nothing where the document was changed since it was read. */
  private void write(Loaded document, @Nullable ClientSession in) throws TryAgain {
    MongoCollection<Document> collection = collection(document.entity);
    Document now = document.now;
    Document before = document.before;
    if (before == null) {
      Document fresh = Objects.requireNonNull(now);
      if (in == null) {
        collection.insertOne(fresh);
      } else {
        collection.insertOne(in, fresh);
      }
      return;
    }
    Document filter = new Document("_id", document.id);
    long hit;
    if (now == null) {
      hit =
          in == null
              ? collection.deleteOne(filter).getDeletedCount()
              : collection.deleteOne(in, filter).getDeletedCount();
    } else {
      Document set = new Document();
      for (String field : document.changed.keySet()) {
        String path = ShopDocuments.path(document.entity, field);
        set.put(path, at(now, path));
        filter.put(path, at(before, path));
      }
      Bson update = new Document("$set", set);
      hit =
          in == null
              ? collection.updateOne(filter, update).getModifiedCount()
              : collection.updateOne(in, filter, update).getModifiedCount();
    }
    if (hit != 1) {
      throw new TryAgain(new IllegalStateException(document.id + " was changed meanwhile"));
    }
  }

  private static @Nullable Object at(Document document, String path) {
    int dot = path.indexOf('.');
    if (dot < 0) {
      return document.get(path);
    }
    Document outer = document.get(path.substring(0, dot), Document.class);
    return outer == null ? null : outer.get(path.substring(dot + 1));
  }

  private Change change(Loaded document) {
    String id = String.valueOf(document.id);
    if (document.now == null) {
      return new Change(side, document.entity, id, "DELETED", Map.of());
    }
    return new Change(
        side,
        document.entity,
        id,
        document.before == null ? "CREATED" : "UPDATED",
        document.changed);
  }

  @Override
  public void rollback() {
    loaded.clear();
    if (session.hasActiveTransaction()) {
      session.abortTransaction();
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
