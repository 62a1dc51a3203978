package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TokenTextTest {
  private static final String TIME = "8263D5E2D000000003";
  private static final String UUID = "5A1004B8A5F2E3C1D24E6F9A7B8C9D0E1F2A3B";
  private static final String KEY = "46645F6964001E0004";
  private static final String NEW_KEY =
      "463C6F7065726174696F6E54797065003C757064617465000046646F63756D656E744B6579"
          + "0046645F6964001E000004";

  /** The first operation at a time, as servers before 7.0 name it, and those since. */
  static final String BEFORE_7 = TIME + "2B022C0100296E" + UUID + KEY;

  static final String SINCE_7 = TIME + "2B042C0100296E" + UUID + NEW_KEY;

  @Test
  void a_change_is_the_same_whichever_server_names_it() {
    assertEquals(0, TokenText.compare(BEFORE_7, SINCE_7));
    assertEquals(0, TokenText.compare(SINCE_7, BEFORE_7));
    assertEquals(0, TokenText.compare(SINCE_7, SINCE_7));
    String second = BEFORE_7.replace("2C0100296E", "2C01002B026E");
    String hundredth = BEFORE_7.replace("2C0100296E", "2C01002BC86E");
    String thousandth = BEFORE_7.replace("2C0100296E", "2C01002C07D06E");
    for (String later : new String[] {second, hundredth, thousandth}) {
      assertTrue(TokenText.compare(SINCE_7, later) < 0, later);
      assertTrue(TokenText.compare(later, SINCE_7) > 0, later);
      assertTrue(TokenText.compare(BEFORE_7, later) < 0, later);
      assertTrue(
          TokenText.compare(later, SINCE_7.replace("8263D5E2D000000003", "8263D5E2D000000004")) < 0,
          later);
    }
    assertTrue(
        TokenText.compare(BEFORE_7, SINCE_7.replace(UUID, UUID.replace("B8A5", "B8A6"))) < 0);
    String idle = TIME + "2B0229296E04";
    String newIdle = TIME + "2B0429296E1404";
    assertEquals(0, TokenText.compare(idle, newIdle));
    assertTrue(TokenText.compare(idle, SINCE_7) < 0);
    assertTrue(TokenText.compare(newIdle, BEFORE_7) < 0);
  }

  @Test
  void what_is_no_token_of_a_known_form_is_compared_as_text() {
    for (String text : new String[] {"", "82", TIME, TIME + "2B", TIME + "7F", TIME + "2B022C01"}) {
      assertEquals(0, TokenText.compare(text, text), text);
      assertTrue(TokenText.compare(text, BEFORE_7) < 0 == text.compareTo(BEFORE_7) < 0, text);
      assertEquals(text, TokenText.whole(text));
    }
  }

  @Test
  void a_part_is_named_after_its_event() {
    String event = SINCE_7.substring(0, SINCE_7.length() - 2);
    assertEquals(SINCE_7, TokenText.whole(event + "2904"));
    assertEquals(SINCE_7, TokenText.whole(event + "2B0204"));
    assertEquals(SINCE_7, TokenText.whole(event + "2BFE04"));
    assertTrue(SINCE_7.compareTo(event + "2904") < 0);
    assertTrue((event + "2904").compareTo(event + "2B0204") < 0);
  }
}
