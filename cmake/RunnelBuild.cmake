# How the library is put together: sources are found by name, cards are listed, SIMD files are compiled once per instruction set.

# ccache and mold where they are installed; they change how long a build takes, not what it makes (the library itself is linked as
# runnel_link_small says).
macro(runnel_use_fast_tools)
  find_program(RUNNEL_CCACHE ccache)
  if(PROJECT_IS_TOP_LEVEL AND RUNNEL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Paths relative to the build folder and the sloppiness that precompiled headers need: one cache serves all build folders.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_CURRENT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${RUNNEL_CCACHE})
  endif()
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=mold RUNNEL_HAS_MOLD)
  if(PROJECT_IS_TOP_LEVEL AND RUNNEL_HAS_MOLD AND NOT CMAKE_CROSSCOMPILING)
    add_link_options(-fuse-ld=mold)
  endif()
endmacro()

# Flags that hold for every file of ours. No -ffast-math: NaN, infinities and denormals behave as TensorFlow's.
function(runnel_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-restrict
    -ffp-contract=off -fno-math-errno -fno-trapping-math -fno-semantic-interposition -fvisibility-inlines-hidden)
  if(RUNNEL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${RUNNEL_SANITIZE} -fno-omit-frame-pointer -g1)
    target_link_options(${target} PUBLIC -fsanitize=${RUNNEL_SANITIZE})
  endif()
endfunction()

# A third of a clean build is reading the same headers again. Developers' builds do without (the preset dev): there, each file must
# include what it uses, and an edit of a header rebuilds only those that do.
function(runnel_precompile target header)
  if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${header})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -fpch-preprocess)  # for ccache
    endif()
  endif()
endfunction()

# A part of the library that a release optimises less: its own flags and its own precompiled header, which holds for one level only.
function(runnel_add_part target name level header)
  set(part ${target}_${name})
  add_library(${part} OBJECT ${ARGN})
  runnel_compile_options(${part})
  target_compile_options(${part} PRIVATE $<$<CONFIG:Release>:${level}>)
  target_include_directories(${part} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${part} PRIVATE ${RUNNEL_DEPENDENCIES})
  runnel_precompile(${part} ${header})
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${part}>)
endfunction()

# RUNNEL_SOURCES: all of runnel/**.cc but tests and SIMD files. RUNNEL_CARD_LIST: a generated file with the list of cards:
# every file that says RUNNEL_OPS(name, rows), RUNNEL_KERNELS(name, rows), ... or RUNNEL_KERAS_CLASS(kind, Name, Body).
function(runnel_find_sources)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/runnel/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|\\.simd\\.cc$")
  set(declared "")
  set(OPS_rows OpDef kAllOps)
  set(KERNELS_rows KernelDef kAllKernels)
  set(PARTIAL_VALUES_rows PartialValueDef kAllPartialValues)
  set(BATCHING_rows BatchingDef kAllBatching)
  set(lists "")
  set(class_declared "")
  set(class_items "")
  foreach(source ${sources})
    file(STRINGS ${source} found REGEX "^RUNNEL_(OPS|KERNELS|PARTIAL_VALUES|BATCHING|KERAS_CLASS)\\([A-Za-z0-9_]+,")
    if(found)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    endif()
    foreach(line ${found})
      if(line MATCHES "^RUNNEL_KERAS_CLASS\\(([a-z_]+), ([A-Za-z0-9]+),")
        string(APPEND class_declared "extern const KerasClass ${CMAKE_MATCH_1}_${CMAKE_MATCH_2};\n")
        string(APPEND class_items "    &classes::${CMAKE_MATCH_1}_${CMAKE_MATCH_2},\n")
        continue()
      endif()
      string(REGEX REPLACE "^RUNNEL_([A-Z_]+)\\(([A-Za-z0-9_]+),.*" "\\1;\\2" parts "${line}")
      list(GET parts 0 kind)
      list(GET parts 1 name)
      list(GET ${kind}_rows 0 row_type)
      string(APPEND declared "extern const std::span<const ${row_type}> ${name};\n")
      string(APPEND ${kind}_items "    &cards::${name},\n")
    endforeach()
  endforeach()
  foreach(kind OPS KERNELS PARTIAL_VALUES BATCHING)
    list(GET ${kind}_rows 0 row_type)
    list(GET ${kind}_rows 1 list_name)
    string(APPEND lists "extern const std::span<const ${row_type}>* const ${list_name}[] = {\n${${kind}_items}    nullptr,\n};\n")
  endforeach()
  string(CONCAT text "// Written by cmake/RunnelBuild.cmake: the cards of this build.\n#include \"runnel/keras/object.h\"\n#include \"runnel/op/batching.h\"\n#include \"runnel/op/partial_value.h\"\n\n"
    "namespace runnel::inline v0 {\nnamespace cards {\n${declared}}\n\n"
    "${lists}"
    "namespace keras {\nnamespace classes {\n${class_declared}}\n"
    "extern const KerasClass* const kAllClasses[] = {\n${class_items}    nullptr,\n};\n}  // namespace keras\n"
    "}  // namespace runnel::inline v0\n")
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/card_list.cc CONTENT "${text}")
  set(RUNNEL_SOURCES ${sources} PARENT_SCOPE)
  set(RUNNEL_CARD_LIST ${CMAKE_CURRENT_BINARY_DIR}/card_list.cc PARENT_SCOPE)
endfunction()

# Takes out of RUNNEL_SOURCES what a release optimises less. RUNNEL_SMALL_SOURCES: Keras, data, interop and part of lookup only call operators; compiling
# them for size costs no time that can be measured. RUNNEL_PLAIN_SOURCES: graphs, and the families whose fast kernels are *.cpu.cc or in
# runtime/cpu, do with -O2, which does not double and unroll loops: their own are oracles. Convolutions only deal out work to tiles.
macro(runnel_split_sources)
  set(RUNNEL_SMALL_SOURCES ${RUNNEL_SOURCES})
  list(FILTER RUNNEL_SMALL_SOURCES INCLUDE
    REGEX "/runnel/(data|interop|keras|summary)/|/ops/audio/|/lookup/(lookup|operators|text_file)\\.cc$|/strings/numbers\\.cc$")
  set(RUNNEL_PLAIN_SOURCES ${RUNNEL_SOURCES})
  list(FILTER RUNNEL_PLAIN_SOURCES INCLUDE REGEX "/runnel/(autodiff|graph|lookup|ops/(image|math|nn|signal|state|strings))/|/runtime/cpu/(conv|conv_taps|depthwise)\\.cc$")
  list(FILTER RUNNEL_PLAIN_SOURCES EXCLUDE REGEX "\\.cpu\\.cc$|/segment\\.cc$")
  list(REMOVE_ITEM RUNNEL_PLAIN_SOURCES ${RUNNEL_SMALL_SOURCES})
  list(REMOVE_ITEM RUNNEL_SOURCES ${RUNNEL_SMALL_SOURCES} ${RUNNEL_PLAIN_SOURCES})
  # Eigen's templates are large, its figures are those of small matrices.
  find_path(RUNNEL_EIGEN_INCLUDE Eigen/Core PATH_SUFFIXES eigen3 REQUIRED)
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/runnel/ops/linalg/eigen_solvers.cc PROPERTIES SKIP_PRECOMPILE_HEADERS ON
    COMPILE_OPTIONS "-Os;-DEIGEN_DONT_VECTORIZE;-DEIGEN_NO_DEBUG" INCLUDE_DIRECTORIES "${RUNNEL_EIGEN_INCLUDE}")
endmacro()

# Each *.simd.cc is compiled once per instruction set, with RUNNEL_ISA naming the namespace that its functions live in.
# Such a file includes only C headers and runnel/runtime/cpu/simd.h, so that no inline function of another header is
# compiled for a processor that may lack the instructions.
function(runnel_add_simd target)
  file(GLOB_RECURSE simd_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/runnel/*.simd.cc)
  if(NOT simd_sources)
    return()
  endif()
  set(sets portable)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(sets portable avx2 avx512)
  endif()
  set(portable_flags "")
  set(avx2_flags -march=x86-64-v3)
  set(avx512_flags -march=x86-64-v4 -mprefer-vector-width=512)
  foreach(isa ${sets})
    set(part ${target}_${isa})
    add_library(${part} OBJECT ${simd_sources})
    runnel_compile_options(${part})
    target_compile_options(${part} PRIVATE -O3 ${${isa}_flags})
    target_compile_definitions(${part} PRIVATE RUNNEL_ISA=${isa})
    target_include_directories(${part} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${part}>)
  endforeach()
endfunction()

# Packed relocations take a megabyte off the library. The loader of glibc 2.36 and newer reads them; of the linkers, GNU's writes them
# as it wants them.
function(runnel_link_small target)
  include(CheckCXXSourceCompiles)
  check_cxx_source_compiles("#include <features.h>\n#if !__GLIBC_PREREQ(2, 36)\n#error old\n#endif\nint main() {}" RUNNEL_LOADER_UNPACKS)
  check_linker_flag(CXX "-fuse-ld=bfd;-Wl,-z,pack-relative-relocs" RUNNEL_LINKER_PACKS)
  if(RUNNEL_LOADER_UNPACKS AND RUNNEL_LINKER_PACKS AND NOT RUNNEL_SANITIZE)
    target_link_options(${target} PRIVATE -fuse-ld=bfd -Wl,-z,pack-relative-relocs -Wl,-O1 -Wl,--gc-sections)
  endif()
endfunction()

# Only names in namespace runnel leave the library.
function(runnel_hide_foreign_symbols target)
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(map ${CMAKE_CURRENT_SOURCE_DIR}/cmake/runnel.map)
    target_link_options(${target} PRIVATE -Wl,--version-script=${map} -Wl,-Bsymbolic-functions)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${map})
  endif()
endfunction()

# Third-party libraries, linked statically where that can be, and never visible: RUNNEL_DEPENDENCIES.
macro(runnel_find_dependencies)
  find_package(Threads REQUIRED)
  set(ZLIB_USE_STATIC_LIBS ON)
  find_package(ZLIB)
  if(NOT ZLIB_FOUND)
    set(ZLIB_USE_STATIC_LIBS OFF)
    find_package(ZLIB REQUIRED)
  endif()
  find_path(MINIZIP_INCLUDE minizip/unzip.h REQUIRED)
  find_library(MINIZIP_LIBRARY NAMES libminizip.a minizip REQUIRED)
  add_library(runnel_minizip UNKNOWN IMPORTED)
  set_target_properties(runnel_minizip PROPERTIES IMPORTED_LOCATION ${MINIZIP_LIBRARY} INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
  target_include_directories(runnel_minizip INTERFACE ${MINIZIP_INCLUDE})
  # $<BUILD_INTERFACE>: a package that links the installed library need not find them.
  set(RUNNEL_DEPENDENCIES $<BUILD_INTERFACE:Threads::Threads> $<BUILD_INTERFACE:runnel_minizip> $<BUILD_INTERFACE:ZLIB::ZLIB>)
endmacro()

# The data sets that travel inside the library are taken in by the assembler (.incbin).
function(runnel_embed_datasets)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/runnel/keras/datasets)
  set_source_files_properties(${folder}/california_housing.cc PROPERTIES
    COMPILE_DEFINITIONS RUNNEL_DATASETS_DIR="${folder}/data"
    OBJECT_DEPENDS ${folder}/data/california_housing.bin)
endfunction()
