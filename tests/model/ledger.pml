/* The ledger's state machine: two processes buy from one budget, each may die at every step, a third recovers and asks the upstream.
 *
 *   none -> reserved -> sent -> settled | released | unknown -> settled
 *
 * Every store batch is one atomic step; between any two of them anything may happen. The upstream's own book (billed) is what
 * the ledger is compared with: it bills only what was sent, at any time after, whether or not the buyer still lives.
 * Checked at every state: I1 committed <= limit, I2 both counters are the sums of the rows, I4 nothing is sent without a durable
 * mark, I5 what is billed is covered by what is settled or held. At the end: I3 and I8, every row is at rest and the books agree.
 *
 * PLANT=n (spin -DPLANT=n) breaks one rule, and must be found: 1 the limit is not compared, 2 sent before it is marked, 3 a dead
 * process's sent rows are freed, 4 a settlement does not look at the row's state, 5 an unknown outcome is given up for nothing.
 */
#ifndef PLANT
#define PLANT 0
#endif
#define BUYERS 2
#define CALLS 2              /* calls of each buyer */
#define ROWS 4               /* BUYERS * CALLS */
#define LIMIT 5
#define BOUND 2

mtype = { none, reserved, sent, settled, released, unknown };

mtype state[ROWS] = none;
byte actual[ROWS];
byte committed, held;
bool left[ROWS];             /* a byte of the request left the machine */
bool over[ROWS];             /* the upstream will bill no more for it */
byte billed[ROWS];
bool dead[BUYERS];
bool done[BUYERS];

#define OPEN(r) (state[r] == reserved || state[r] == sent || state[r] == unknown)
#define HOLD(r) (OPEN(r) -> BOUND : 0)
#define SPENT(r) (state[r] == settled -> actual[r] : 0)
#define COVER(r) (HOLD(r) + SPENT(r))

#define I1 (committed <= LIMIT)
#define I2 (held == HOLD(0) + HOLD(1) + HOLD(2) + HOLD(3) && \
            committed - held == SPENT(0) + SPENT(1) + SPENT(2) + SPENT(3))
#define SENT_FIRST(r) (!left[r] || (state[r] != none && state[r] != reserved))
#define I4 (SENT_FIRST(0) && SENT_FIRST(1) && SENT_FIRST(2) && SENT_FIRST(3))
#define I5 (billed[0] <= COVER(0) && billed[1] <= COVER(1) && billed[2] <= COVER(2) && billed[3] <= COVER(3))
#define CHECK assert(I1 && I2 && I4 && I5)

inline reserve(r) {
  if
  :: (PLANT == 1 || committed + BOUND <= LIMIT) && state[r] == none -> committed = committed + BOUND; held = held + BOUND; state[r] = reserved
  :: else -> skip
  fi
}

inline settle(r, cost) {
  held = held - BOUND; committed = committed - BOUND + cost; actual[r] = cost; state[r] = settled
}

inline release(r) {
  held = held - BOUND; committed = committed - BOUND; state[r] = released
}

/* May the process die here? */
inline may_die(me) {
  if
  :: skip
  :: dead[me] = true; goto gone
  fi
}

proctype buyer(byte me) {
  byte call = 0;
  byte r;
  do
  :: call < CALLS ->
    r = me * CALLS + call;
    may_die(me);
    atomic { reserve(r); CHECK }
    if
    :: state[r] != reserved -> goto next    /* refused */
    :: else
    fi;
    may_die(me);
    if
    :: atomic { state[r] == reserved -> release(r); CHECK }; goto next    /* cancelled before it was sent */
    :: atomic { state[r] == reserved -> if
       :: PLANT != 2 -> state[r] = sent
       :: else
       fi; CHECK }
    :: state[r] != reserved -> goto next    /* taken for dead, and released */
    fi;
    may_die(me);
    if
    :: atomic { !left[r] -> over[r] = true };    /* never connected: certainly not sent */
       may_die(me);
       atomic { if
       :: state[r] == sent || state[r] == unknown -> release(r)
       :: else
       fi; CHECK }
       goto next
    :: atomic { left[r] = true; CHECK }
    fi;
    may_die(me);
    if
    :: over[r] ->                                /* final usage was seen */
       may_die(me);
       atomic { if
       :: state[r] == sent || state[r] == unknown || PLANT == 4 -> settle(r, billed[r])
       :: else
       fi; CHECK }
    :: atomic { if                               /* the stream broke off */
       :: state[r] == sent -> state[r] = unknown
       :: else
       fi; CHECK }
    fi;
    next: call++
  :: else -> break
  od;
  done[me] = true;
  gone: skip
}

/* Bills what was sent, up to its bound, piece by piece, at its own time. */
proctype upstream() {
  byte r;
  do
  :: atomic { left[0] && !over[0] -> r = 0 }; goto bill
  :: atomic { left[1] && !over[1] -> r = 1 }; goto bill
  :: atomic { left[2] && !over[2] -> r = 2 }; goto bill
  :: atomic { left[3] && !over[3] -> r = 3 }; goto bill
  :: atomic { (dead[0] || done[0]) && (dead[1] || done[1]) &&
              (!left[0] || over[0]) && (!left[1] || over[1]) && (!left[2] || over[2]) && (!left[3] || over[3]) -> break }
  bill:
    atomic { if
    :: billed[r] < BOUND -> billed[r]++
    :: over[r] = true
    fi; CHECK }
  od
}

/* A dead process's reserved rows were never sent; of its sent rows nobody knows. Unknown rows are asked for, or charged in full.
 * A live process may be taken for dead as well: its next step then finds the row changed. */
inline recover(r) {
  atomic { state[r] == reserved -> release(r); CHECK }
}
inline doubt(r) {
  if
  :: atomic { PLANT != 3 && state[r] == sent -> state[r] = unknown; CHECK }
  :: atomic { PLANT == 3 && state[r] == sent && dead[r / CALLS] -> release(r); CHECK }
  fi
}
inline ask(r) {
  if
  :: atomic { state[r] == unknown && !left[r] && over[r] -> release(r); CHECK }
  :: atomic { state[r] == unknown && left[r] && over[r] -> settle(r, billed[r]); CHECK }
  :: atomic { state[r] == unknown && (dead[r / CALLS] || done[r / CALLS]) ->
              settle(r, (PLANT == 5 -> 0 : BOUND)); CHECK }    /* gave up */
  fi
}

proctype recovery() {
  do
  :: recover(0) :: recover(1) :: recover(2) :: recover(3)
  :: doubt(0) :: doubt(1) :: doubt(2) :: doubt(3)
  :: ask(0) :: ask(1) :: ask(2) :: ask(3)
  :: atomic { (dead[0] || done[0]) && (dead[1] || done[1]) && !OPEN(0) && !OPEN(1) && !OPEN(2) && !OPEN(3) -> break }
  od;
  assert(held == 0 && committed == SPENT(0) + SPENT(1) + SPENT(2) + SPENT(3));
  assert(billed[0] <= SPENT(0) && billed[1] <= SPENT(1) && billed[2] <= SPENT(2) && billed[3] <= SPENT(3))
}

init {
  atomic { run buyer(0); run buyer(1); run upstream(); run recovery() }
}
