package io.millrace.examples.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.arjuna.ats.arjuna.common.CoordinatorEnvironmentBean;
import com.arjuna.ats.arjuna.common.CoreEnvironmentBean;
import com.arjuna.ats.arjuna.common.ObjectStoreEnvironmentBean;
import com.arjuna.ats.internal.arjuna.objectstore.VolatileStore;
import com.arjuna.common.internal.util.propertyservice.BeanPopulator;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import jakarta.transaction.RollbackException;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.UserTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Appends within the transactions of a Jakarta transaction manager (Narayana), over a pool that
 * enlists its XA connections there (Agroal). The library depends on neither.
 */
final class JakartaTransactionsTest {
  private final TransactionManager manager =
      com.arjuna.ats.jta.TransactionManager.transactionManager();
  private final UserTransaction transaction = com.arjuna.ats.jta.UserTransaction.userTransaction();
  private final TransactionSynchronizationRegistry registry =
      new com.arjuna.ats.internal.jta.transaction.arjunacore
          .TransactionSynchronizationRegistryImple();

  @BeforeAll
  static void nothing_of_the_manager_is_left_on_the_machine() throws Exception {
    BeanPopulator.getDefaultInstance(CoreEnvironmentBean.class).setNodeIdentifier("millrace");
    BeanPopulator.getDefaultInstance(CoordinatorEnvironmentBean.class)
        .setTransactionStatusManagerEnable(false);
    for (String store : new String[] {null, "communicationStore", "stateStore"}) {
      BeanPopulator.getNamedInstance(ObjectStoreEnvironmentBean.class, store)
          .setObjectStoreType(VolatileStore.class.getName());
    }
  }

  @Test
  @NeedsServer(ServerKind.POSTGRES)
  void on_postgresql() throws Exception {
    assertOutboxKeepsTo(ServerKind.POSTGRES);
  }

  @Test
  @NeedsServer(ServerKind.MARIADB)
  void on_mariadb() throws Exception {
    assertOutboxKeepsTo(ServerKind.MARIADB);
  }

  @Test
  @NeedsServer(ServerKind.MYSQL)
  void on_mysql() throws Exception {
    assertOutboxKeepsTo(ServerKind.MYSQL);
  }

  private void assertOutboxKeepsTo(ServerKind kind) throws Exception {
    try (JakartaSite site = JakartaSite.on(kind, manager, registry)) {
      assertThatThrownBy(() -> site.append(1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no transaction is open")
          .hasMessageContaining("seen/1");
      assertThat(site.taken()).isEmpty();

      transaction.begin();
      site.write(2);
      site.write(3);
      assertThat(site.taken()).isEmpty();
      transaction.commit();
      assertThat(site.taken()).containsExactly("2", "3");

      transaction.begin();
      site.write(4);
      transaction.rollback();
      assertThat(site.taken()).isEmpty();

      transaction.begin();
      site.write(5);
      transaction.setRollbackOnly();
      assertThatThrownBy(transaction::commit).isInstanceOf(RollbackException.class);
      assertThat(site.taken()).isEmpty();

      // The pool's connections, used in transactions before, are again in none.
      assertThatThrownBy(() -> site.append(6)).isInstanceOf(IllegalStateException.class);
      assertThat(site.taken()).isEmpty();
      assertThat(site.rows()).isEqualTo(2);
    }
  }

  /** Two databases are one transaction: both phases of both, before and after the decision. */
  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB})
  void events_in_two_databases_come_once_both_are_prepared_and_the_manager_commits()
      throws Exception {
    try (JakartaSite first = JakartaSite.on(ServerKind.POSTGRES, manager, registry);
        JakartaSite second = JakartaSite.on(ServerKind.MARIADB, manager, registry)) {
      List<String> seenWhilePrepared = new ArrayList<>();
      Callable<List<String>> look =
          () -> {
            seenWhilePrepared.addAll(first.taken());
            seenWhilePrepared.addAll(second.taken());
            seenWhilePrepared.add("looked");
            return seenWhilePrepared;
          };

      transaction.begin();
      first.write(1);
      second.write(1);
      manager.getTransaction().enlistResource(new Last(look, false));
      assertThatThrownBy(transaction::commit).isInstanceOf(RollbackException.class);
      assertThat(seenWhilePrepared).containsExactly("looked");
      assertThat(first.taken()).isEmpty();
      assertThat(second.taken()).isEmpty();
      assertThat(first.rows() + second.rows()).isZero();

      transaction.begin();
      first.write(2);
      second.write(2);
      manager.getTransaction().enlistResource(new Last(look, true));
      transaction.commit();
      assertThat(seenWhilePrepared).containsExactly("looked", "looked");
      assertThat(first.taken()).containsExactly("2");
      assertThat(second.taken()).containsExactly("2");
      assertThat(first.rows() + second.rows()).isEqualTo(2);
    }
  }

  /**
   * A participant that is asked last, when the databases are prepared.
   *
   * @param look what to do then
   * @param willing its answer
   */
  private record Last(Callable<?> look, boolean willing) implements XAResource {
    @Override
    public int prepare(Xid xid) throws XAException {
      try {
        look.call();
      } catch (Exception e) {
        throw (XAException) new XAException(XAException.XAER_RMERR).initCause(e);
      }
      if (!willing) {
        throw new XAException(XAException.XA_RBROLLBACK);
      }
      return XA_OK;
    }

    @Override
    public void start(Xid xid, int flags) {}

    @Override
    public void end(Xid xid, int flags) {}

    @Override
    public void commit(Xid xid, boolean onePhase) {}

    @Override
    public void rollback(Xid xid) {}

    @Override
    public void forget(Xid xid) {}

    @Override
    public Xid[] recover(int flag) {
      return new Xid[0];
    }

    @Override
    public boolean isSameRM(XAResource other) {
      return equals(other);
    }

    @Override
    public int getTransactionTimeout() {
      return 0;
    }

    @Override
    public boolean setTransactionTimeout(int seconds) {
      return false;
    }
  }
}
