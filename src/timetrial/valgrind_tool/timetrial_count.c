/* Counts what a server executes: a tool for Valgrind, started by `timetrial gate --count`.

   Copyright (C) 2026 the authors of Timetrial

   This program is free software; you can redistribute it and/or modify it under the terms of the
   GNU General Public License as published by the Free Software Foundation; either version 2 of
   the License, or (at your option) any later version.

   This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY;
   without even the implied warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See
   the GNU General Public License for more details.

   You should have received a copy of the GNU General Public License along with this program, in
   the file COPYING; if not, see <https://www.gnu.org/licenses/>.

   Every process has a file in the folder that --counts names, called by its pid and mapped into
   memory: whoever sends requests reads it before and after each, and the program is never
   stopped. What is in it is `Page`, below. Instructions are those of user space, of all threads;
   an instruction with a repeat prefix counts once for each round. */

#include "pub_tool_basics.h"
#include "pub_tool_vki.h"
#include "pub_tool_debuginfo.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_options.h"
#include "pub_tool_tooliface.h"

/* Of the core, not of the headers for tools: another version may have others. */
extern SysRes VG_(am_shared_mmap_file_float_valgrind)(SizeT length, UInt prot, Int fd,
                                                      Off64T offset);
extern SysRes VG_(am_do_mmap_NO_NOTIFY)(Addr start, SizeT length, UInt prot, UInt flags, Int fd,
                                        Off64T offset);

#define MAGIC 0x31746e756f637474ULL /* "ttcount1" in memory */
#define MOST_FUNCTIONS 16384
#define NAME_BYTES 120
#define MULTIPLIER 0x9e3779b97f4a7c15ULL

typedef struct {
   ULong instructions;
   HChar name[NAME_BYTES]; /* "function (library)", cut; the first one is all that has no place */
} Function;

typedef struct {
   ULong magic;
   ULong instructions;
   ULong system_calls;
   ULong sequence;  /* a polynomial in MULTIPLIER of the numbers of the system calls, plus one */
   ULong probing;   /* instructions in functions that look up keys of dicts and sets */
   ULong has_probing; /* whether such functions have been seen: symbols may be missing */
   ULong functions; /* how many follow */
   ULong unused[505];
   Function by_function[MOST_FUNCTIONS];
} Page;

static const HChar* clo_counts = NULL;
static Bool clo_functions = False;
static Page* page = NULL;

/* CPython's functions whose work depends on the hash seed: 3.8 to 3.14. */
static const HChar* const PROBING[] = {
   "lookdict", "unicodekeys_lookup", "dictkeys_stringlookup", "dictkeys_generic_lookup",
   "_Py_dict_lookup", "find_empty_slot", "build_indices", "set_lookkey", "set_add_entry",
   "set_insert_clean", "compare_generic", "compare_unicode", "do_lookup",
};

static void attach(Bool is_fork)
{
   HChar path[1024];
   struct vg_stat found;
   SysRes opened, mapped;
   Int fd;
   UInt i;

   tl_assert(VG_(strlen)(clo_counts) < sizeof(path) - 32);
   VG_(sprintf)(path, "%s/%d", clo_counts, VG_(getpid)());
   opened = VG_(open)(path, VKI_O_RDWR | VKI_O_CREAT, 0600);
   if (sr_isError(opened))
      VG_(fmsg)("timetrial_count: %s cannot be opened\n", path);
   tl_assert(!sr_isError(opened));
   fd = sr_Res(opened);
   if (VG_(fstat)(fd, &found) != 0 || found.size < (Long)sizeof(Page)) {
      VG_(lseek)(fd, sizeof(Page) - 1, VKI_SEEK_SET);
      tl_assert(VG_(write)(fd, "", 1) == 1);
   }
   if (is_fork) {
      /* At the same place, which is part of the translated code: the parent's page stays its own.
         The names of functions are the parent's, and all counts are zero. */
      SizeT used = (HChar*)&page->by_function[page->functions] - (HChar*)page;
      VG_(lseek)(fd, 0, VKI_SEEK_SET);
      tl_assert(VG_(write)(fd, page, used) == used);
      mapped = VG_(am_do_mmap_NO_NOTIFY)((Addr)page, sizeof(Page),
                                         VKI_PROT_READ | VKI_PROT_WRITE,
                                         VKI_MAP_SHARED | VKI_MAP_FIXED, fd, 0);
      tl_assert(!sr_isError(mapped));
      page->instructions = page->system_calls = page->sequence = page->probing = 0;
      for (i = 0; i < page->functions; i++)
         page->by_function[i].instructions = 0;
   } else {
      mapped = VG_(am_shared_mmap_file_float_valgrind)(
         sizeof(Page), VKI_PROT_READ | VKI_PROT_WRITE, fd, 0);
      tl_assert(!sr_isError(mapped));
      page = (Page*)(Addr)sr_Res(mapped);
      /* A program that another one has become counts on; its functions are others. */
      page->functions = 0;
   }
   VG_(close)(fd);
   page->magic = MAGIC;
}

static void after_fork(ThreadId tid)
{
   attach(True);
}

/* ---------------------------------------------------------------- functions and their names */

#define BUCKETS 32768 /* a power of two, of which half stays free */
static UInt bucket[BUCKETS]; /* one more than the place in by_function; 0: free */

static Function* function_named(const HChar* name)
{
   ULong hash = 1469598103934665603ULL;
   const HChar* at;
   UInt i;

   for (at = name; *at != 0; at++)
      hash = (hash ^ (UChar)*at) * 1099511628211ULL;
   if (page->functions == 0) {
      VG_(memset)(bucket, 0, sizeof(bucket));
      VG_(strcpy)(page->by_function[0].name, "other functions");
      page->by_function[0].instructions = 0;
      page->functions = 1;
   }
   for (i = hash & (BUCKETS - 1); bucket[i] != 0; i = (i + 1) & (BUCKETS - 1))
      if (VG_(strcmp)(page->by_function[bucket[i] - 1].name, name) == 0)
         return &page->by_function[bucket[i] - 1];
   if (page->functions == MOST_FUNCTIONS)
      return &page->by_function[0];
   bucket[i] = page->functions + 1;
   page->by_function[page->functions].instructions = 0;
   VG_(strcpy)(page->by_function[page->functions].name, name);
   return &page->by_function[page->functions++];
}

static void copy_up_to(HChar* to, const HChar* from, UInt bytes)
{
   UInt i;
   for (i = 0; i + 1 < bytes && from[i] != 0; i++)
      to[i] = from[i];
   to[i] = 0;
}

static Function* function_at(Addr address, const HChar* function)
{
   HChar name[NAME_BYTES], own[80], library[32];
   const HChar* object = NULL;

   copy_up_to(own, function == NULL ? "?" : function, sizeof(own));
   if (VG_(get_objname)(VG_(current_DiEpoch)(), address, &object) && object != NULL) {
      copy_up_to(library, VG_(basename)(object), sizeof(library));
      VG_(sprintf)(name, "%s (%s)", own, library);
   } else {
      VG_(strcpy)(name, own);
   }
   return function_named(name);
}

static Bool probes(const HChar* function)
{
   UInt i;
   for (i = 0; i < sizeof(PROBING) / sizeof(PROBING[0]); i++)
      if (VG_(strncmp)(function, PROBING[i], VG_(strlen)(PROBING[i])) == 0)
         return True;
   return False;
}

/* ------------------------------------------------------------------------- instrumentation */

static void add(IRSB* block, ULong* where, ULong number)
{
   IRTemp before = newIRTemp(block->tyenv, Ity_I64);
   IRTemp after = newIRTemp(block->tyenv, Ity_I64);
   IRExpr* place = mkIRExpr_HWord((HWord)where);

   addStmtToIRSB(block, IRStmt_WrTmp(before, IRExpr_Load(Iend_LE, Ity_I64, place)));
   addStmtToIRSB(block, IRStmt_WrTmp(after, IRExpr_Binop(Iop_Add64, IRExpr_RdTmp(before),
                                                         IRExpr_Const(IRConst_U64(number)))));
   addStmtToIRSB(block, IRStmt_Store(Iend_LE, place, IRExpr_RdTmp(after)));
}

typedef struct {
   ULong all, probing, of_function;
   Function* function;
   Bool is_probing;
} Pending; /* instructions that are translated, and not added yet */

static void flush_function(IRSB* block, Pending* pending)
{
   if (pending->of_function != 0)
      add(block, &pending->function->instructions, pending->of_function);
   pending->of_function = 0;
}

static void flush(IRSB* block, Pending* pending)
{
   if (pending->all != 0)
      add(block, &page->instructions, pending->all);
   if (pending->probing != 0)
      add(block, &page->probing, pending->probing);
   flush_function(block, pending);
   pending->all = pending->probing = 0;
}

static void enter(IRSB* block, Pending* pending, Addr address)
{
   const HChar* name = NULL;

   if (!VG_(get_fnname)(VG_(current_DiEpoch)(), address, &name))
      name = NULL;
   pending->is_probing = name != NULL && probes(name);
   if (pending->is_probing)
      page->has_probing = 1;
   if (clo_functions) {
      Function* now = function_at(address, name);
      if (now != pending->function)
         flush_function(block, pending);
      pending->function = now;
   }
}

static IRSB* instrument(VgCallbackClosure* closure, IRSB* in, const VexGuestLayout* layout,
                        const VexGuestExtents* extents, const VexArchInfo* host, IRType guest_word,
                        IRType host_word)
{
   IRSB* out = deepCopyIRSBExceptStmts(in);
   Pending pending = { 0, 0, 0, NULL, False };
   Addr next = 0;
   Int i = 0;

   for (; i < in->stmts_used && in->stmts[i]->tag != Ist_IMark; i++)
      addStmtToIRSB(out, in->stmts[i]);
   for (; i < in->stmts_used; i++) {
      IRStmt* statement = in->stmts[i];
      if (statement == NULL || statement->tag == Ist_NoOp)
         continue;
      if (statement->tag == Ist_Exit)
         flush(out, &pending);
      addStmtToIRSB(out, statement);
      if (statement->tag != Ist_IMark)
         continue;
      if (next == 0 || statement->Ist.IMark.addr != next)
         enter(out, &pending, statement->Ist.IMark.addr);
      next = statement->Ist.IMark.addr + statement->Ist.IMark.len;
      pending.all++;
      pending.probing += pending.is_probing;
      pending.of_function += pending.function != NULL;
   }
   flush(out, &pending);
   return out;
}

static void before_system_call(ThreadId tid, UInt number, UWord* arguments, UInt n)
{
   page->system_calls++;
   page->sequence = page->sequence * MULTIPLIER + number + 1;
}

static void after_system_call(ThreadId tid, UInt number, UWord* arguments, UInt n, SysRes result)
{
}

/* ------------------------------------------------------------------------- the tool's frame */

static Bool process_option(const HChar* arg)
{
   if VG_STR_CLO(arg, "--counts", clo_counts) {}
   else if VG_BOOL_CLO(arg, "--functions", clo_functions) {}
   else
      return False;
   return True;
}

static void print_usage(void)
{
   VG_(printf)("    --counts=FOLDER      where each process writes its counts [required]\n"
               "    --functions=yes|no   count by function, too [no]\n");
}

static void print_debug_usage(void)
{
   VG_(printf)("    (none)\n");
}

static void post_clo_init(void)
{
   if (clo_counts == NULL)
      VG_(fmsg_bad_option)("--counts", "a folder has to be named\n");
   attach(False);
}

static void fini(Int exit_code)
{
}

static void pre_clo_init(void)
{
   VG_(details_name)("timetrial_count");
   VG_(details_version)(NULL);
   VG_(details_description)("counts instructions and system calls");
   VG_(details_copyright_author)("Copyright (C) 2026, and GNU GPL'd, by the authors of Timetrial.");
   VG_(details_bug_reports_to)("the tracker of Timetrial");
   VG_(details_avg_translation_sizeB)(330);
   VG_(basic_tool_funcs)(post_clo_init, instrument, fini);
   VG_(needs_command_line_options)(process_option, print_usage, print_debug_usage);
   VG_(needs_syscall_wrapper)(before_system_call, after_system_call);
   VG_(atfork)(NULL, NULL, after_fork);
}

VG_DETERMINE_INTERFACE_VERSION(pre_clo_init)
