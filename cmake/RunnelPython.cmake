# runnel_python_module(<target> <sources...>): the Python module runnel.<target>, in the build tree and in the wheel.
#
# Build tree: build/python/runnel/ holds the module and links to the files of python/runnel/, so PYTHONPATH=build/python works
# and an edited .py file needs no build. Wheel: the module lies beside lib/, where librunnel.so is.
function(runnel_python_module target)
  find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
  execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir OUTPUT_STRIP_TRAILING_WHITESPACE
                  OUTPUT_VARIABLE nanobind_ROOT COMMAND_ERROR_IS_FATAL ANY)
  find_package(nanobind CONFIG REQUIRED)

  set(source ${PROJECT_SOURCE_DIR}/python/runnel)
  set(tree ${PROJECT_BINARY_DIR}/python/runnel)
  file(MAKE_DIRECTORY ${tree})
  file(GLOB entries RELATIVE ${source} CONFIGURE_DEPENDS ${source}/*)
  foreach(entry ${entries})
    file(CREATE_LINK ${source}/${entry} ${tree}/${entry} SYMBOLIC)
  endforeach()

  nanobind_add_module(${target} NB_STATIC NOMINSIZE NOSTRIP ${ARGN})
  runnel_compile_options(${target})
  target_link_libraries(${target} PRIVATE runnel)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${tree} INSTALL_RPATH "$ORIGIN/lib")
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")  # Python looks for one function, nothing else need be seen
    target_link_options(${target} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/module.map)
  endif()
  install(TARGETS ${target} LIBRARY DESTINATION . COMPONENT python)
endfunction()
