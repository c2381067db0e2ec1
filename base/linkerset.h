/*
 * Tables whose rows stand where they belong.
 *
 * A row is declared in the file that owns the thing it describes (a knob
 * beside its variable, a module beside its state) and found at run time
 * through the section the linker gathers all rows in.  Rows are pointers, so
 * that neither padding nor a sanitizer's red zones disturb the table.
 * Objects must be linked directly: an archive (.a) would lose rows.
 */
#ifndef BASE_LINKERSET_H
#define BASE_LINKERSET_H

/* Put a pointer to the object named var into the table named set. */
#define LINKERSET_ADD(set, var)                                            \
	static const void *const linkerset_##set##_##var                   \
	    __attribute__((section("set_" #set), used)) = &(var)

/* Once per file that walks a table. */
#define LINKERSET_DECLARE(set, type)                                       \
	extern type *const __start_set_##set[] __attribute__((weak));      \
	extern type *const __stop_set_##set[] __attribute__((weak))

#define LINKERSET_FOREACH(pp, set)                                         \
	for ((pp) = __start_set_##set; (pp) < __stop_set_##set; (pp)++)

#endif
