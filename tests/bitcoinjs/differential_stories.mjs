// Transactions on coins of each node's own, and what both nodes say of them. A step is a name, what
// was seen, and, where ours knowingly differs, why and what it says.
import { chains, replacements } from "./stories_pool.mjs";
import { escrows } from "./stories_escrow.mjs";
import { badBlocks, reorganisations } from "./stories_chain.mjs";
import { storms } from "./stories_storm.mjs";
import { forms } from "./stories_forms.mjs";
import { damagedTransactions, madeUpScripts } from "./stories_random.mjs";
import { scriptSpends } from "./stories_scripts.mjs";

export const stories = [
  ["single transactions are judged alike", forms],
  ["scripts and signatures are judged alike", scriptSpends],
  ["scripts that nobody thought of are judged alike", madeUpScripts],
  ["damaged transactions are judged alike", damagedTransactions],
  ["what replaces is judged alike", replacements],
  ["families are limited alike", chains],
  ["escrows go the same ways", escrows],
  ["blocks that leave give their transactions back", reorganisations],
  ["payments, replacements, blocks and reorganisations by chance leave the same pool", storms],
  ["blocks that are wrong are refused alike", badBlocks],
];
