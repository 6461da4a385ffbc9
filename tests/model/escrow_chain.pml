/* A chain of N escrows under one condition, as the ladder of expiries sees it. Leg j lies on ledger
 * j, from party j to party j+1; party 0 sends, party N receives, those between are connectors.
 * Time runs in whole ticks and every duration is closed: "at most D" includes D. Each ledger has a
 * clock of its own, of which only one thing matters: whether it has passed the leg's expiry.
 * Honest parties do what the connector's core does; all others do whatever the ledgers permit.
 * README.md tells what this means and what it leaves out; `cases` holds the parameters.            */

#ifndef N            /* legs */
#define N 2
#endif
#ifndef HON          /* bit p: party p is honest */
#define HON 255
#endif
#ifndef D            /* from sending a valid command to its being included, or from an event to its being seen */
#define D 1
#endif
#ifndef K            /* longest outage of an honest party */
#define K 1
#endif
#ifndef O            /* outages of each honest party */
#define O 0
#endif
#ifndef R            /* an event can be taken back for this long */
#define R 0
#endif
#ifndef RB           /* roll-backs on the ledgers of each honest party */
#define RB 0
#endif
#ifndef BLOCK        /* longest time that an open ledger's clock stands still */
#define BLOCK 0
#endif
#ifndef LATES        /* a hexadecimal digit a ledger, ledger 0 last: how far its clock may lag */
#define LATES 0
#endif
#ifndef EARLIES      /* likewise: how far it may lead */
#define EARLIES 0
#endif
#ifndef OPENS        /* bit j: ledger j takes claims until the refund is in */
#define OPENS 0
#endif
#ifndef SLACK        /* ticks to spare for placing the escrows */
#define SLACK 2
#endif
#ifndef SHORT        /* ticks that every margin is short of the bound */
#define SHORT 0
#endif
#ifndef GUARD_SHORT  /* ticks that the reveal guard is short of the bound */
#define GUARD_SHORT 0
#endif

#define LATE(j)   ((LATES>>(4*(j)))&15)
#define EARLY(j)  ((EARLIES>>(4*(j)))&15)
#define OPEN(j)   ((OPENS>>(j))&1)
#define HONEST(p) ((HON>>(p))&1)

/* --- the bounds ------------------------------------------------------------------------------- */
/* L: the clock stands still for a block, then the refund takes D; and a claim may come first in the
 * very tick in which the refund is due: one tick more.                                              */
#define LATE_CLAIM(j) (OPEN(j)*(D+BLOCK+1))
/* of connector i, between leg i-1 (in) and leg i (out) */
#define MARGIN(i) (2*D + LATE_CLAIM(i) + O*(K+D) + RB*(R+D) + LATE(i) + EARLY((i)-1))
/* of the receiver, on the last leg */
#define GUARD     (EARLY(N-1) + D + O*(K+D) + RB*(R+D))

/* --- the ladder ------------------------------------------------------------------------------- */
#define FINALITY (R>0 -> R+1 : 0)
#define BASE     (N*FINALITY + SLACK + 1 + (HONEST(N) -> GUARD : EARLY(N-1)+1))
#define STEP(i)  ((i)<N -> MARGIN(i)-SHORT : 0)
#define RUNG(j,i) ((j)<(i) -> STEP(i) : 0)
#define T(j)     (BASE + RUNG(j,1) + RUNG(j,2) + RUNG(j,3) + RUNG(j,4))
/* the tick at whose beginning ledger j's clock has passed T(j) at the latest */
#define PASSED(j) (T(j) + LATE(j) + OPEN(j)*BLOCK)
#define END      (PASSED(0) + OPEN(0)*(D+O*(K+D)) + RB*(R+D) + R + 2)

/* --- state ------------------------------------------------------------------------------------ */
#define NONE 0
#define HELD 1
#define PAID 2
#define BACK 3
byte now;
byte st[N];        /* what ledger j says of leg j */
byte held_until[N];/* the escrow can be taken back until then; 0: it is final */
byte done_until[N];/* likewise the fulfilment or the refund */
byte claim[N];     /* a claim of an honest payee is on its way and included before this tick */
byte refund[N];    /* a refund by an honest payer is on its way (open ledgers) and included before */
byte rolled[N];    /* roll-backs so far */
bool past[N];      /* the clock of ledger j has passed the expiry */
bool placed[N];
byte down[N+1];    /* party p is down and up before this tick; 0: it is up */
byte outages[N+1]; /* it has suffered */
byte see[N+1];     /* connector p sees its outgoing leg fulfilled before this tick */
bool noted[N+1];   /* the command for the outgoing escrow is in the journal */
bool knows[N+1];   /* the preimage is in the journal; of the receiver: the release is */
bool shown;        /* an honest receiver has shown it */
#ifdef NOTICE_FIRST         /* mutant: who has claimed waits to see the roll-back before it claims again */
byte notice[N];    /* it sees it before this tick */
#define NOTICE_DUE(j) (notice[j] && now+1>=notice[j])
#define NOTICED(j)    notice[j]=0
#define CLAIM_AGAIN(p,j) notice[j]=(HONEST(p) && UP(p) && knows[p] -> AT_MOST(D) : 0)
#else
#define NOTICE_DUE(j) 0
#define NOTICED(j)    skip
#define CLAIM_AGAIN(p,j) send_claim(p,j)
#endif

#define UP(p)      (down[p]==0)
#define AT_MOST(x) (now+(x)+1)
#define UNTIL      (R>0 -> now+R : 0)
#define TAKES(j)   (st[j]==HELD && (OPEN(j) || !past[j]))
#ifdef ACT_ON_SEEN          /* mutant */
#define FINAL(j)   (st[j]==HELD)
#else
#define FINAL(j)   (st[j]==HELD && held_until[j]==0)
#endif
#ifdef BACK_ON_SEEN         /* mutant */
#define GONE(j)    (st[j]==BACK)
#else
#define GONE(j)    (st[j]==BACK && done_until[j]==0)
#endif
#ifdef LEDGER_CLOCK_ONLY    /* mutant: the guard trusts a ledger's clock that lags */
#define GUARD_CLOCK (now-LATE(N-1))
#else
#define GUARD_CLOCK now
#endif
#define BYZANTINE_KNOWS (shown || !HONEST(N))

inline hold(j) { st[j]=HELD; held_until[j]=UNTIL; placed[j]=1; printf("%d leg %d held\n", now, j) }
inline pay(j) {
    st[j]=PAID; done_until[j]=UNTIL; claim[j]=0; refund[j]=0; NOTICED(j);
    if
    :: HONEST(j) && j>0 && !knows[j] -> see[j]=AT_MOST(D)
    :: else
    fi }
inline give(j) { st[j]=BACK; done_until[j]=UNTIL; claim[j]=0; refund[j]=0; NOTICED(j) }
inline send_claim(p,j) {    /* the payee p of leg j */
    if
    :: HONEST(p) && UP(p) && knows[p] && st[j]==HELD && !claim[j] -> claim[j]=AT_MOST(D)
    :: else
    fi }
inline send_refund(j) {
    if
    :: OPEN(j) && HONEST(j) && UP(j) && past[j] && st[j]==HELD && !refund[j] -> refund[j]=AT_MOST(D)
    :: else
    fi }
/* A strict ledger refunds by itself. When it does so cannot matter but for finality, and the
 * earliest is the worst.                                                                           */
inline pass(j) {
    past[j]=1; printf("%d the clock of ledger %d passes %d\n", now, j, T(j));
    if
    :: st[j]==HELD && !OPEN(j) -> give(j); printf("%d leg %d refunded\n", now, j)
    :: else -> send_refund(j)
    fi }
inline age(j) {
    if
    :: held_until[j]<now -> held_until[j]=0
    :: else
    fi;
    if
    :: done_until[j]<now -> done_until[j]=0
    :: else
    fi;
    if
    :: !past[j] && now>=PASSED(j) -> pass(j)
    :: else
    fi }

/* Roll-backs are counted for each honest party over its one or two ledgers. */
#define ROLLS(j) (rolled[j]<RB \
    && (!HONEST(j) || j==0 || rolled[j]+rolled[(j+N-1)%N]<RB) \
    && (!HONEST(j+1) || j==N-1 || rolled[j]+rolled[(j+1)%N]<RB))

#define REPLACEABLE(j) (!OPEN(j) && past[j] && now<PASSED(j)+R \
    && (st[j]==HELD || (st[j]==BACK && done_until[j])))

/* --- what a ledger does, and Byzantine parties do on it ---------------------------------------- */
inline ledger(j) {
    if
    :: d_step { claim[j] && TAKES(j) -> pay(j); printf("%d leg %d: the honest claim is in\n", now, j) }
    :: d_step { claim[j] && !TAKES(j) -> claim[j]=0; printf("%d leg %d: the honest claim is refused\n", now, j) }
    :: d_step { refund[j] && st[j]==HELD -> give(j); printf("%d leg %d: the honest refund is in\n", now, j) }
    :: d_step { !OPEN(j) && past[j] && st[j]==HELD -> give(j); printf("%d leg %d refunded\n", now, j) }
    :: d_step { !past[j] && now+EARLY(j)>=T(j) -> pass(j) }
#ifdef NOTICE_FIRST
    :: d_step { notice[j] -> notice[j]=0; printf("%d leg %d: its payee sees the roll-back\n", now, j); send_claim(j+1,j) }
#endif
    :: d_step { !HONEST(j) && !placed[j] && !past[j] -> hold(j) }
    :: d_step { !HONEST(j) && OPEN(j) && past[j] && st[j]==HELD -> give(j); printf("%d leg %d refunded\n", now, j) }
    :: d_step { !HONEST(j+1) && BYZANTINE_KNOWS && TAKES(j) -> pay(j); printf("%d leg %d claimed by %d\n", now, j, j+1) }
    :: d_step { !HONEST(j+1) && st[j]==HELD -> give(j); printf("%d leg %d rejected by %d\n", now, j, j+1) }
#if RB>0
    :: d_step { st[j]==PAID && done_until[j] && ROLLS(j) ->
           printf("%d leg %d: the claim is rolled back\n", now, j);
           st[j]=HELD; done_until[j]=0; rolled[j]++; see[j]=0; CLAIM_AGAIN(j+1,j); send_refund(j) }
    :: d_step { st[j]==BACK && done_until[j] && ROLLS(j) ->
           printf("%d leg %d: the refund is rolled back\n", now, j);
           st[j]=HELD; done_until[j]=0; rolled[j]++; CLAIM_AGAIN(j+1,j); send_refund(j) }
    /* blocks from before the expiry, shown late, carry a claim */
    :: d_step { !HONEST(j+1) && BYZANTINE_KNOWS && REPLACEABLE(j) && ROLLS(j) ->
           printf("%d leg %d: blocks are replaced by some with a claim by %d\n", now, j, j+1);
           pay(j); rolled[j]++ }
    /* a payer spends twice what it had locked */
    :: d_step { !HONEST(j) && st[j]==HELD && held_until[j] && ROLLS(j) ->
           printf("%d leg %d: the escrow is rolled back\n", now, j);
           st[j]=NONE; held_until[j]=0; claim[j]=0; rolled[j]++ }
#endif
    fi }

/* --- what honest parties do -------------------------------------------------------------------- */
inline recover(p) { down[p]=0; printf("%d party %d is up\n", now, p) }
inline fall(p) { down[p]=AT_MOST(K); outages[p]++ }

inline sender() {
    if
    :: d_step { HONEST(0) && !placed[0] && !past[0] -> hold(0) }
    /* an outage matters to it only where it must make the refund */
    :: d_step { HONEST(0) && OPEN(0) && UP(0) && outages[0]<O && st[0]==HELD && past[0] ->
           fall(0); refund[0]=0; printf("%d sender is down, what it sent is lost\n", now) }
    :: d_step { down[0] -> recover(0); send_refund(0) }
    fi }

inline connector(i) {
    if
#ifdef ACT_BEFORE_JOURNAL   /* mutant */
    :: d_step { HONEST(i) && UP(i) && !outages[i] && !placed[i] && FINAL(i-1) && !past[i] -> hold(i) }
    :: d_step { HONEST(i) && UP(i) && !outages[i] && placed[i] && !noted[i] -> noted[i]=1; printf("%d connector %d writes leg %d down\n", now, i, i) }
#else
    :: d_step { HONEST(i) && UP(i) && !noted[i] && FINAL(i-1) && !past[i] -> noted[i]=1; printf("%d connector %d writes leg %d down\n", now, i, i) }
    /* what was sent arrives even while the sender is down */
    :: d_step { HONEST(i) && noted[i] && !placed[i] && !past[i] -> hold(i) }
#endif
    :: d_step { HONEST(i) && UP(i) && noted[i] && st[i]==PAID && !knows[i] ->
           knows[i]=1; see[i]=0; printf("%d connector %d sees leg %d paid\n", now, i, i); send_claim(i,i-1) }
    :: d_step { HONEST(i) && UP(i) && st[i-1]==HELD && !knows[i] && (!noted[i] || GONE(i)) ->
           give(i-1); printf("%d connector %d rejects leg %d\n", now, i, i-1) }
    /* an outage while nothing is at stake yet, or no more, is one wasted */
    :: d_step { HONEST(i) && UP(i) && outages[i]<O && placed[i] && (st[i-1]==HELD || done_until[i-1]) ->
           fall(i); claim[i-1]=0; refund[i]=0; NOTICED(i-1); printf("%d connector %d is down, what it sent is lost\n", now, i) }
    :: d_step { HONEST(i) && UP(i) && outages[i]<O && (claim[i-1] || refund[i]) ->
           fall(i); NOTICED(i-1); printf("%d connector %d is down, what it sent arrives\n", now, i) }
    :: d_step { down[i] -> recover(i); send_claim(i,i-1); send_refund(i);
           if
           :: see[i] -> see[i]=AT_MOST(D)     /* it reads on from its cursor */
           :: else
           fi }
    fi }

inline receiver() {
    if
    :: d_step { HONEST(N) && UP(N) && !shown && FINAL(N-1) && !past[N-1] && GUARD_CLOCK+GUARD-GUARD_SHORT<T(N-1) ->
           knows[N]=1; shown=1; printf("%d receiver shows the preimage\n", now); send_claim(N,N-1) }
    :: d_step { HONEST(N) && UP(N) && !shown && st[N-1]==HELD -> give(N-1); printf("%d receiver rejects leg %d\n", now, N-1) }
    :: d_step { HONEST(N) && UP(N) && shown && outages[N]<O && (st[N-1]==HELD || done_until[N-1]) ->
           fall(N); claim[N-1]=0; NOTICED(N-1); printf("%d receiver is down, what it sent is lost\n", now);
#ifdef FORGET_RELEASE       /* mutant */
           knows[N]=0
#endif
           }
    :: d_step { HONEST(N) && UP(N) && outages[N]<O && claim[N-1] -> fall(N); NOTICED(N-1); printf("%d receiver is down, what it sent arrives\n", now) }
    :: d_step { down[N] -> recover(N); send_claim(N,N-1) }
    fi }

/* --- time -------------------------------------------------------------------------------------- */
/* It stands still while something is due. */
#define LEG_DUE(j)   ((claim[j] && now+1>=claim[j]) || (refund[j] && now+1>=refund[j]) \
    || (!OPEN(j) && past[j] && st[j]==HELD) || NOTICE_DUE(j))
#define PARTY_DUE(p) ((down[p] && now+1>=down[p]) || (UP(p) && noted[p] && see[p] && now+1>=see[p]))
#define SETTLED(j)   ((st[j]>=PAID && done_until[j]==0) || (st[j]==NONE && (past[j] || placed[j])))

#if N==2
#define EACH_LEG(m) (m(0) || m(1))
#define ALL_LEGS(m) (m(0) && m(1))
#elif N==3
#define EACH_LEG(m) (m(0) || m(1) || m(2))
#define ALL_LEGS(m) (m(0) && m(1) && m(2))
#else
#define EACH_LEG(m) (m(0) || m(1) || m(2) || m(3))
#define ALL_LEGS(m) (m(0) && m(1) && m(2) && m(3))
#endif

byte a;
init {
#ifdef BOUNDS
    /* what the ladder below has, and the guard that the receiver applies */
    printf("bounds %d", T(0)-T(1));
#if N>2
    printf(" %d", T(1)-T(2));
#endif
#if N>3
    printf(" %d", T(2)-T(3));
#endif
    printf(" %d\n", GUARD-GUARD_SHORT);
    assert(END+D+K+R<254)
#else
    assert(END+D+K+R<254);   /* a moment fits a byte */
    do
    :: now>=END || ALL_LEGS(SETTLED) -> break
    :: sender()
    :: ledger(0)
    :: connector(1)
    :: ledger(1)
#if N>2
    :: connector(2)
    :: ledger(2)
#endif
#if N>3
    :: connector(3)
    :: ledger(3)
#endif
    :: receiver()
    :: d_step { now<END && !ALL_LEGS(SETTLED) && !EACH_LEG(LEG_DUE) && !EACH_LEG(PARTY_DUE) && !PARTY_DUE(N) ->
           now++; age(0); age(1);
#if N>2
           age(2);
#endif
#if N>3
           age(3)
#endif
       }
    od;
    atomic {
        a=0;
        do
        :: a<N ->
#ifdef WANT_PAID            /* not a claim: that everything can be paid at all, outages and roll-backs included */
            assert(!(st[0]==PAID && st[1]==PAID && st[N-1]==PAID && outages[1]==O && (RB==0 || rolled[0]+rolled[1]>0)));
#endif
            /* nothing stays open: a Byzantine payer alone may leave its own escrow on an open ledger */
            assert(st[a]!=HELD || (OPEN(a) && !HONEST(a)));
            /* no honest connector pays without being paid */
            assert(!(a>0 && HONEST(a) && st[a]==PAID && st[(a+N-1)%N]!=PAID));
            /* among honest parties all is paid once the preimage was shown, and nothing before */
            assert(!((HON&((2<<N)-1))==((2<<N)-1) && shown && st[a]!=PAID));
            assert(!((HON&((2<<N)-1))==((2<<N)-1) && !shown && st[a]==PAID));
            a++
        :: else -> break
        od;
        /* an honest receiver that showed it is paid */
        assert(!(HONEST(N) && shown && st[N-1]!=PAID))
    }
#endif
}
